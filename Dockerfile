# syntax=docker/dockerfile:1
# The image of web, worker, beat and migrate. Compilers, npm and their caches stay behind in the first two stages.

FROM node:22-slim AS frontend
WORKDIR /src
COPY package.json package-lock.json .npmrc tsconfig.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY frontend frontend
RUN node frontend/build.mjs

FROM python:3.11-slim AS packages
COPY requirements/uv.txt requirements/base.txt /requirements/
RUN pip install --no-cache-dir --require-hashes -r /requirements/uv.txt
RUN python -m venv --without-pip /opt/venv \
 && uv pip install --python /opt/venv/bin/python --no-cache --compile-bytecode --require-hashes --only-binary :all: \
    -r /requirements/base.txt

FROM python:3.11-slim
# Without the limit, glibc keeps memory apart for each thread: about 10 MB more a process at 4 threads.
ENV PATH=/opt/venv/bin:$PATH \
    MALLOC_ARENA_MAX=2 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/var/lib/embedhost
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin embedhost \
 && install -d -o embedhost -g embedhost -m 700 /var/lib/embedhost
WORKDIR /srv/embedhost
COPY --from=packages /opt/venv /opt/venv
COPY manage.py ./
COPY tokens tokens
COPY secrets_admin secrets_admin
COPY datasources datasources
COPY customers customers
COPY dashboards dashboards
COPY embed embed
COPY console console
COPY embedhost embedhost
COPY templates templates
COPY static static
COPY --from=frontend /src/frontend/dist frontend/dist
RUN python -m compileall -q .
USER embedhost
EXPOSE 8000
# Any answer below 500 to a request for the embed host will do: over plain http that is the way to https.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/embed.js', headers={'Host': os.environ.get('EMBED_HOST', '127.0.0.1:8000')}); sys.exit(c.getresponse().status >= 500)"]
# A server that cannot start (a weak setting, say) ends with a sentence; it is the orchestrator that starts it again.
CMD ["sh", "-c", "exec python -m embedhost.serve --interface wsgi --host 0.0.0.0 --port 8000 --workers \"${WEB_PROCESSES:-1}\" --blocking-threads \"${WEB_THREADS:-16}\" --http 1 --http1-header-read-timeout 10000 embedhost.wsgi:application"]
