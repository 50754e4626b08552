# One source, three images: `cloud` (also the demo fleet and the broker's setup), `flows` (with Node-RED) and `edge`, the
# gateway for arm64 and x86-64: docker buildx build --platform linux/arm64,linux/amd64 --target edge .
# Neither runs as root, and both run with a read-only file system; what they write lies under /data.

FROM node:26-bookworm-slim AS build
WORKDIR /kordon
COPY package.json package-lock.json ./
# No install script runs: the image brings the runtime, and every other package is free of them.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node node_modules/vite/bin/vite.js build cloud/console --logLevel warn && node bin/build-edge.mjs

FROM build AS lean
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:26-bookworm-slim AS base
ENV NODE_ENV=production KORDON_DATA_DIR=/data
RUN groupadd --gid 10001 kordon \
  && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin kordon \
  && install -d -o kordon -g kordon -m 0700 /data /broker
WORKDIR /kordon
USER kordon
VOLUME /data

FROM base AS flows
COPY --from=build /kordon /kordon
CMD ["node", "flows/main.ts"]

# Serial bindings come prebuilt for both processors, so nothing is compiled.
FROM base AS edge
# Without systemd a thread of the gateway watches its event loop; whoever runs the image restarts it.
ENV KORDON_EDGE_DIR=/data KORDON_EDGE_WATCHDOG_S=60 MALLOC_ARENA_MAX=1
COPY --from=lean /kordon/package.json /kordon/
COPY --from=lean /kordon/node_modules /kordon/node_modules
COPY --from=lean /kordon/contract /kordon/contract
COPY --from=lean /kordon/edge /kordon/edge
COPY --from=lean /kordon/bin /kordon/bin
COPY --from=lean /kordon/device-profiles /kordon/device-profiles
CMD ["node", "--max-old-space-size=64", "--max-semi-space-size=1", "--no-opt", "--no-maglev", "--optimize-for-size", "--disable-warning=DEP0169", "edge/dist/main.mjs"]

FROM base AS cloud
COPY --from=lean /kordon /kordon
EXPOSE 8080
CMD ["node", "--max-semi-space-size=32", "--no-allocation-site-pretenuring", "cloud/main.ts"]
