# Two stages: the first builds the environment from uv.lock, the second holds that and Python, nothing to build with.
# The same lines make it on x86-64 and on ARM: every dependency comes as a wheel for both.
#
#   docker build -t queuewatch:0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" .
#
# The tag below moves with Python's patches. To have the same bytes every time, name one:
# --build-arg PYTHON_IMAGE=python:3.13-slim-trixie@sha256:…
ARG PYTHON_IMAGE=python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore "uv>=0.13.9,<0.14"
# The second stage has this interpreter at the same place: the environment refers to it.
ENV UV_PYTHON=/usr/local/bin/python3 \
    UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/opt/queuewatch \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1
WORKDIR /src
# The dependencies are a layer of their own: they change less often than the code.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups --extra calendar --no-build --no-install-project
COPY README.md LICENSE ./
COPY config/demo.yaml config/demo-all.yaml config/
COPY monitor monitor
RUN uv sync --frozen --no-default-groups --extra calendar --no-editable

FROM ${PYTHON_IMAGE}
# Nothing is installed here any more, so what installs goes. A fixed id, so that a volume's owner can be set
# from outside; the name is only for `ps`.
RUN pip uninstall --yes --root-user-action=ignore pip \
 && rm -rf /usr/local/lib/python3.*/ensurepip \
 && groupadd --gid 10001 queuewatch \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin queuewatch \
 && install -d -o 10001 -g 10001 -m 0750 /var/lib/queuewatch \
 && install -d -m 0755 /etc/queuewatch
COPY --from=build /opt/queuewatch /opt/queuewatch
# A relative store.path goes to STATE_DIRECTORY, and so does the record of evaluations.
ENV PATH=/opt/queuewatch/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    QUEUEWATCH_CONFIG=/etc/queuewatch/queuewatch.yaml \
    STATE_DIRECTORY=/var/lib/queuewatch
USER 10001:10001
WORKDIR /var/lib/queuewatch
# The one place that is written to: the rest may be read-only.
VOLUME /var/lib/queuewatch
# Only where the configuration says web.listen: 0.0.0.0:9877; by default it listens on the container's own loopback.
EXPOSE 9877
STOPSIGNAL SIGTERM
# Liveness only: whether the loop beats, not whether a broker or the platform answers. Another port or TLS:
# QUEUEWATCH_URL and QUEUEWATCH_CA_FILE, as for every command.
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 CMD ["/opt/queuewatch/bin/queuewatch", "health"]
ENTRYPOINT ["/opt/queuewatch/bin/queuewatch"]
CMD ["run"]
ARG REVISION=unknown
LABEL org.opencontainers.image.title="queuewatch" \
      org.opencontainers.image.description="Watches Genesys Cloud contact-centre queues: metrics for Prometheus, breaches to MQTT and webhooks." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0 AND OFL-1.1" \
      org.opencontainers.image.revision="${REVISION}"
