# The MCP server over HTTP. The index is mounted at /index; it is opened by one process at a time.
#
#   docker build -t nerret-mcp .
#   docker run -p 8765:8765 -v "$PWD/my-index:/index" \
#     -e NERRET_MCP_TOKEN=... -e NERRET_MCP_ALLOWED_HOSTS=localhost nerret-mcp
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY nerret_tools nerret_tools
COPY integrations integrations
COPY servers servers
# Of Chroma's packages, the client of Kubernetes is a fifth of all that is installed, and serves a cluster of Chroma's own.
RUN python -m venv /opt/nerret && /opt/nerret/bin/pip install --no-cache-dir '.[mcp]' && /opt/nerret/bin/pip uninstall --yes kubernetes && du -sm /opt/nerret

FROM python:3.12-slim
RUN useradd --create-home nerret
COPY --from=build /opt/nerret /opt/nerret
USER nerret
ENV NERRET_INDEX=/index NERRET_MCP_TRANSPORT=http NERRET_MCP_HOST=0.0.0.0 NERRET_MCP_PORT=8765 HF_HUB_OFFLINE=1
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["/opt/nerret/bin/python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"NERRET_MCP_PORT\"]}/health', timeout=4)"]
ENTRYPOINT ["/opt/nerret/bin/nerret-mcp"]
