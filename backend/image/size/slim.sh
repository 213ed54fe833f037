# shellcheck shell=sh
# What a careful engineer leaves out of an image, for both sides alike. Sourced by the recipes of this directory.

# slim_paths: of the paths on stdin (relative to the top), those that are dropped: documentation but for the licences
# (which have to go along), manuals and translations, as the distribution's own slim container images do, and what
# the package manager can download again.
slim_paths() {
	grep -E '^usr/share/(doc|doc-base|man|groff|info|lintian|linda|locale|bug|help|gtk-doc)/.|^usr/local/share/man/.|^var/(lib/apt/lists|cache/apt|cache/man|cache/debconf|log)/.|^var/lib/dpkg/[^/]*-old$' |
		grep -Ev '^usr/share/doc/[^/]*(/copyright)?$' || :
}
