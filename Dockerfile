# syntax=docker/dockerfile:1

# The release puts its programs in the place of this stage (--build-context programs=FOLDER); everybody else builds here.
FROM rust:1.95-alpine3.22 AS programs
ARG TARGETARCH
COPY . /source
WORKDIR /source
RUN cargo build --release --locked --package rolecall && mkdir "/${TARGETARCH}" && cp target/release/rolecall "/${TARGETARCH}/"

FROM alpine:3.22
# rolecall reads repositories by itself; git is for `rolecall diff` in a clone that must fetch its base first.
RUN apk add --no-cache "git=~2" && adduser -D -u 10001 rolecall
ARG TARGETARCH
COPY --from=programs /${TARGETARCH}/rolecall /usr/local/bin/rolecall
USER 10001
WORKDIR /work
ENTRYPOINT ["rolecall"]
CMD ["scan", "."]
