# What sphinx needs to know; `make docs` builds the site from this folder and from what antsibull-docs writes beside it.

project = "dockyard.gpu"
copyright = "dockyard.gpu contributors"
html_title = "dockyard.gpu"

extensions = ["sphinx_antsibull_ext"]
html_theme = "alabaster"
html_copy_source = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"

# Links to Ansible's own pages are left unresolved: resolving them would need a network at build time.
suppress_warnings = ["ref.ref"]
