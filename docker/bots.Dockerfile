# Bots: webhooks, web chat, conversation, senders. No model, no numpy.
# From the repository's root: docker build -f docker/bots.Dockerfile -t snapshelf-bots .

FROM python:3.13.16-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY locks/build.txt locks/bots.txt locks/traces.txt /locks/
RUN python -m venv /tools \
    && /tools/bin/pip install --require-hashes -r /locks/build.txt \
    && python -m venv --without-pip /opt/snapshelf \
    && /tools/bin/pip --python /opt/snapshelf install --require-hashes -r /locks/bots.txt -r /locks/traces.txt
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY core ./core
COPY bots ./bots
COPY snapshelf ./snapshelf
RUN /tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /tools/bin/pip --python /opt/snapshelf install --no-deps /wheels/snapshelf-*.whl

FROM python:3.13.16-slim-bookworm
RUN groupadd --gid 10001 snapshelf \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin snapshelf \
    && install -d -o snapshelf -g snapshelf -m 0750 /data
COPY --from=build /opt/snapshelf /opt/snapshelf
COPY docker/health.py /opt/health.py
# Inside of a container everything is reached from outside of it; what is published decides who may.
ENV PATH=/opt/snapshelf/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    SNAPSHELF_DATA_DIR=/data \
    SNAPSHELF_HOST=0.0.0.0 \
    SNAPSHELF_METRICS_HOST=0.0.0.0 \
    SNAPSHELF_LOG_FORMAT=json
WORKDIR /data
USER 10001:10001
EXPOSE 8080 9108
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 CMD ["python", "/opt/health.py", "bots"]
ENTRYPOINT ["snapshelf"]
CMD ["bots"]
