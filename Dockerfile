# The one-machine mode in a container: web, workers, scheduler and private Redis under one
# supervisor. It listens beyond loopback, so it starts only with IIIF_DEDUP_API_KEY.
#
#   docker build -t iiif_dedup .
#   docker run -p 8000:8000 -v dedup:/data -e IIIF_DEDUP_API_KEY=... \
#     -e IIIF_DEDUP_PUBLIC_URL=https://dedup.example.org iiif_dedup

FROM node:20-slim AS viewer
WORKDIR /viewer
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim AS environment
# An index with CPU builds of torch, given at build time, saves gigabytes of CUDA libraries.
ARG TORCH_INDEX=""
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY iiif_dedup/__init__.py iiif_dedup/
RUN pip install --no-cache-dir -c constraints.txt \
    ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -e '.[service]'

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 dedup && install -d -o dedup /data
COPY --from=environment /venv /venv
WORKDIR /app
COPY --from=viewer /viewer/node_modules/mirador/package.json node_modules/mirador/
COPY --from=viewer /viewer/node_modules/mirador/dist node_modules/mirador/dist
COPY pyproject.toml ./
COPY iiif_dedup iiif_dedup
COPY harvesters harvesters
COPY workers workers
COPY demo demo
COPY api api
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 \
    IIIF_DEDUP_HOST=0.0.0.0 IIIF_DEDUP_DATA_DIR=/data
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["flask", "--app", "api", "serve"]
