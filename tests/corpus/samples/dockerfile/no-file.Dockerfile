RUN --mount=type=bind,from=x
"
