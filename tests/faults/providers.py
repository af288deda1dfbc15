"""The stand-ins of all providers, and the settings that lead the service to them."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp

from tests.faults.front_telegram import ADMIN
from tests.standins import telegram as telegram_standin
from tests.standins import viber as viber_standin
from tests.standins.service import SECRET, set_webhook
from tests.standins.telegram import TelegramServer
from tests.standins.twilio import TwilioServer
from tests.standins.viber import ViberServer

SET_S = 60.0


@dataclass(frozen=True)
class Providers:
    """Telegram, Viber and Twilio for one shop at `address`."""

    address: str
    telegram: TelegramServer
    bot: telegram_standin.Bot
    viber: ViberServer
    viber_bot: viber_standin.Bot
    twilio: TwilioServer

    @staticmethod
    async def opened(stack: AsyncExitStack, address: str) -> Providers:
        """They run until the stack ends."""
        telegram = await stack.enter_async_context(TelegramServer())
        viber = await stack.enter_async_context(ViberServer())
        twilio = await stack.enter_async_context(TwilioServer(public_url=address))
        return Providers(address, telegram, telegram.add_bot(), viber, viber.add_bot(), twilio)

    def settings(self) -> dict[str, str]:
        """By name, without the prefix."""
        of_twilio = {name.upper(): value for name, value in self.twilio.settings().items()}
        hosts = [self.viber.host, *of_twilio["MEDIA_HOSTS"]]
        return of_twilio | {
            "TELEGRAM_TOKEN": self.bot.token,
            "TELEGRAM_SECRET": SECRET,
            "TELEGRAM_API": self.telegram.url,
            "ADMINS": f"telegram:{ADMIN}",
            "VIBER_TOKEN": self.viber_bot.token,
            "VIBER_API": self.viber.url,
            "MEDIA_HOSTS": ",".join(hosts),
            "PUBLIC_URL": self.address,
            "PORT": self.address.rpartition(":")[2],
        }

    async def lead_here(self) -> None:
        """Tell each where its webhook is, as an operator does."""
        await set_webhook(self.telegram, self.bot, self.address)
        body = {
            "auth_token": self.viber_bot.token,
            "url": f"{self.address}/viber/webhook",
            "event_types": ["delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"],
        }
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SET_S)) as session,
            session.post(f"{self.viber.url}/pa/set_webhook", json=body) as answer,
        ):
            told = await answer.json()
            assert told["status"] == 0, told
        self.twilio.service = self.address
