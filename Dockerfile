# sickleave-on-fhir. Proved without a container engine by scripts/prove-dockerfile, which reads this file.

FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv ca-certificates
WORKDIR /build
COPY requirements.lock requirements-build.lock ./
RUN python3 -m venv /opt/sickleave && /opt/sickleave/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
RUN python3 -m venv /opt/build && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY LICENSE README.md pyproject.toml ./
COPY fhir_mapping fhir_mapping
COPY risk risk
COPY smart_app smart_app
COPY terminology terminology
COPY sandbox sandbox
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation -w /build/dist . && /opt/sickleave/bin/pip install --no-deps dist/*.whl
# the practice EHR lets anyone in: it is not copied (.dockerignore), and this line fails the build if it came along
RUN ! /opt/sickleave/bin/python -c "import sandbox.practice_ehr"
RUN /opt/sickleave/bin/python -m compileall -q /opt/sickleave/lib

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 ca-certificates && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home --home-dir /srv/sickleave sickleave && install -d -m 0700 -o sickleave -g sickleave /srv/sickleave/var
COPY --from=build /opt/sickleave /opt/sickleave
ENV PATH=/opt/sickleave/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1
WORKDIR /srv/sickleave
USER sickleave
VOLUME /srv/sickleave/var
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
CMD ["sickleave", "serve", "--host", "0.0.0.0", "--port", "8000"]
