# Two stages: the first installs and collects, the second only runs.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
# Before the source, so that a change of ours does not install everything again.
COPY requirements.lock .
RUN pip install --require-hashes -r requirements.lock
COPY . .
# Hashing and compressing takes seconds: here, not at every start. The values below are for this one command.
RUN REVOPS_ENV=production SECRET_KEY=only-for-collecting-static-files-not-a-secret ALLOWED_HOSTS=build \
    DATABASE_URL=postgresql:///build REDIS_URL=redis://build:6379/0 \
    python manage.py collectstatic --no-input --verbosity 0

FROM python:3.13-slim
ENV REVOPS_ENV=production DJANGO_SETTINGS_MODULE=revops.settings \
    PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin revops
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER revops
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "16", "--blocking-threads-idle-timeout", "600", "--no-ws", \
     "--respawn-failed-workers", "--workers-kill-timeout", "10", "--log-level", "warning", \
     "revops.wsgi:application"]
