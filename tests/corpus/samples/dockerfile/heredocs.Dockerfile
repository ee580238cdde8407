# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM debian:13 AS build
ARG VERSION
RUN <<EOF
echo "one"
EOF
RUN cat <<<yes && echo $((1<<4)) "usage: tool <<FILE"
COPY --from=build --chown=1:1 <<-'END-OF-SETUP' /setup
	FROM nowhere
	END-OF-SETUP
ENV ROOT=C:\\data\\ \
    # a comment between
    OTHER=x
ONBUILD RUN python3 - <<EOT
print("FROM here")
EOT
FROM build
