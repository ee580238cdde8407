#!/bin/sh
# What of it is there, in the same words each time.
docker images --no-trunc --format '{{.Repository}} {{.ID}}'
docker ps --all --no-trunc --format '{{.Names}} {{.ID}} {{.State}}'
docker logs stopped
cat /var/lib/docker/volumes/kept/_data/file
