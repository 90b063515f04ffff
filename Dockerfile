# Two stages: the first builds the environment from uv.lock, the second holds that and Python, nothing to build with.
FROM python:3.12-slim AS build
RUN pip install --no-cache-dir --disable-pip-version-check uv
ENV UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/opt/queuewatch \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1
WORKDIR /src
# The dependencies are a layer of their own: they change less often than the code.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --extra calendar --no-install-project
COPY README.md LICENSE ./
COPY monitor monitor
RUN uv sync --frozen --no-dev --extra calendar --no-editable

FROM python:3.12-slim
LABEL org.opencontainers.image.title="queuewatch" \
      org.opencontainers.image.licenses="Apache-2.0"
# A fixed id, so that a volume's owner can be set from outside; the name is only for `ps`.
RUN groupadd --gid 10001 queuewatch \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin queuewatch \
 && install -d -o 10001 -g 10001 -m 0750 /var/lib/queuewatch \
 && install -d -m 0755 /etc/queuewatch
COPY --from=build /opt/queuewatch /opt/queuewatch
ENV PATH=/opt/queuewatch/bin:$PATH \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/queuewatch
VOLUME /var/lib/queuewatch
EXPOSE 9877
STOPSIGNAL SIGTERM
# Liveness only: whether the loop beats, not whether a broker or the platform answers.
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9877/healthz', timeout=4)"]
ENTRYPOINT ["queuewatch"]
CMD ["run", "--config", "/etc/queuewatch/queuewatch.yaml"]
