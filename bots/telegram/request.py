"""How python-telegram-bot reaches Telegram: over aiohttp, which the rest of this process uses anyway.

The library's own way, httpx, was a third of the processor time that a bots process spends on a photo: 18.7 ms with it,
12.5 ms without (`python -m benchmarks.load throughput`). What matters to us about an error is whether the request may
have arrived: `NOT_SENT` says for sure that it did not, everything else may have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.request import getproxies

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

if TYPE_CHECKING:
    from telegram._utils.types import ODVInput  # as the documentation of BaseRequest spells its timeouts

NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
"""No connection, or none free in time: Telegram has seen nothing of it."""
NOT_SENT_TEXT = "not sent: "
_UNSET = type(BaseRequest.DEFAULT_NONE)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class AiohttpRequest(BaseRequest):
    """Timeouts in seconds, each as python-telegram-bot means it; writing counts together with reading."""

    def __init__(self, *, connections: int, connect_s: float, read_s: float, write_s: float, upload_s: float) -> None:
        self._connections, self._connect_s, self._read_s = connections, connect_s, read_s
        self._write_s, self._upload_s = write_s, upload_s
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return self._read_s

    async def initialize(self) -> None:
        """Make the client; nothing is sent."""
        if self._session is None:
            self._session = session(self._connections)

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(  # noqa: PLR0917 - as the library declares it
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body. Raises TimedOut and NetworkError, whose text begins with `NOT_SENT_TEXT` where that is
        sure."""
        if self._session is None:
            raise RuntimeError("the Telegram channel was not started")
        files = bool(request_data and request_data.contains_files)
        read_s = _or(read_timeout, self._read_s)
        write_s = _or(write_timeout, self._upload_s if files else self._write_s)
        connect_s = _or(connect_timeout, self._connect_s)
        answer_s = write_s + read_s
        timeout = aiohttp.ClientTimeout(total=connect_s + answer_s, connect=connect_s, sock_read=answer_s)
        try:
            async with self._session.request(
                method, url, data=_body(request_data), headers=None if files else _FORM, timeout=timeout,
                allow_redirects=False,
            ) as answer:  # fmt: skip
                return answer.status, await answer.read()
        except NOT_SENT as error:
            raise NetworkError(f"{NOT_SENT_TEXT}{type(error).__name__}") from None
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"broken off: {type(error).__name__}") from None


def session(connections: int, timeout: aiohttp.ClientTimeout | None = None) -> aiohttp.ClientSession:
    """A client; proxies of the environment are asked for with every request, which costs, so only where there are
    any."""
    connector = aiohttp.TCPConnector(limit=connections)
    return aiohttp.ClientSession(
        connector=connector, timeout=timeout or aiohttp.ClientTimeout(), trust_env=bool(getproxies())
    )


def _or(wanted: ODVInput[float], usual: float) -> float:
    """What was asked for, unless nothing was."""
    return usual if wanted is None or isinstance(wanted, _UNSET) else cast("float", wanted)


def _body(request_data: RequestData | None) -> aiohttp.FormData | bytes | None:
    if request_data is None:
        return None
    if not request_data.contains_files:
        return request_data.url_encoded_parameters().encode()
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, file in request_data.multipart_data.items():
        filename, content, kind = file
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
