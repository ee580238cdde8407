#!/bin/sh
# What of it is there, in the same words each time.
# Sorted: images of one second come in any order.
docker images --no-trunc --format '{{.Repository}} {{.ID}}' | sort
docker ps --all --no-trunc --format '{{.Names}} {{.ID}} {{.State}}'
docker logs stopped
cat /var/lib/docker/volumes/kept/_data/file
