# Worker: the model and the index. Holds every command, so that reindex, search and doctor run in it too.
# From the repository's root: docker build -f docker/worker.Dockerfile --target cpu -t snapshelf-worker .
#                             docker build -f docker/worker.Dockerfile --target gpu -t snapshelf-worker-gpu .

FROM python:3.13.16-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY locks/build.txt locks/run.txt locks/traces.txt /locks/
RUN python -m venv /tools \
    && /tools/bin/pip install --require-hashes -r /locks/build.txt \
    && python -m venv --without-pip /opt/snapshelf \
    && /tools/bin/pip --python /opt/snapshelf install --require-hashes -r /locks/run.txt -r /locks/traces.txt
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY core ./core
COPY index ./index
COPY worker ./worker
COPY bots ./bots
COPY snapshelf ./snapshelf
RUN /tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /tools/bin/pip --python /opt/snapshelf install --no-deps /wheels/snapshelf-*.whl

# The two runtimes are one folder: the one for the processor goes before the other comes.
FROM build AS build-gpu
COPY locks/gpu.txt /locks/
RUN /tools/bin/pip --python /opt/snapshelf uninstall --yes onnxruntime \
    && /tools/bin/pip --python /opt/snapshelf install --no-deps --require-hashes -r /locks/gpu.txt

FROM python:3.13.16-slim-bookworm AS base
RUN groupadd --gid 10001 snapshelf \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin snapshelf \
    && install -d -o snapshelf -g snapshelf -m 0750 /data
COPY docker/health.py /opt/health.py
ENV PATH=/opt/snapshelf/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    SNAPSHELF_DATA_DIR=/data \
    SNAPSHELF_METRICS_HOST=0.0.0.0 \
    SNAPSHELF_LOG_FORMAT=json
WORKDIR /data
USER 10001:10001
EXPOSE 9109
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 CMD ["python", "/opt/health.py", "worker"]
ENTRYPOINT ["snapshelf"]
CMD ["worker"]

# Needs the NVIDIA container toolkit on the host: it brings the driver; CUDA and cuDNN come with locks/gpu.txt.
FROM base AS gpu
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=build-gpu /opt/snapshelf /opt/snapshelf

FROM base AS cpu
COPY --from=build /opt/snapshelf /opt/snapshelf
