# The image of the loop's jobs: improve-loop and what it calls, nothing of any target. Build: docker build -t improve-loop .
# The base is the index of all platforms of 3.12.14, as of September 2026. To move it: --build-arg BASE=python:…@sha256:…
ARG BASE=python:3.12-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254

FROM ${BASE} AS build
# The jobs that ask models need the client too, and no job that writes should hold it: a second image for those alone,
# with --build-arg LOCK=requirements-llm.lock (300 MB more).
ARG LOCK=requirements.lock
WORKDIR /src
COPY pyproject.toml requirements.lock requirements-llm.lock requirements-dev.lock README.md LICENSE CHANGELOG.md ./
COPY schemas schemas
COPY scripts scripts
# Every package by its hash; the wheel itself is built without network by the build tool that the dev lock names.
RUN python -m venv /opt/improve-loop \
    && /opt/improve-loop/bin/pip install --no-cache-dir --require-hashes -r "$LOCK" \
    && python -m venv /tmp/build \
    && awk '/^[a-z]/ {keep = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/} keep' requirements-dev.lock \
       > /tmp/build.lock \
    && /tmp/build/bin/pip install --no-cache-dir --require-hashes -r /tmp/build.lock \
    && /tmp/build/bin/python -m hatchling build -t wheel -d /tmp/dist \
    && /opt/improve-loop/bin/pip install --no-cache-dir --no-deps --no-index /tmp/dist/*.whl

FROM ${BASE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap ca-certificates git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --create-home --shell /bin/sh loop
COPY --from=build /opt/improve-loop /opt/improve-loop
ENV PATH=/opt/improve-loop/bin:$PATH PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1
USER loop
WORKDIR /home/loop
# A runner starts a shell in it; by hand: docker run improve-loop improve-loop --help
CMD ["improve-loop", "--help"]
