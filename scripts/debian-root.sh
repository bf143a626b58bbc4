# Sourced: a bare Debian in a folder, for proofs that need neither a container engine nor a second machine. Root only.
#   new_root DIR       a fresh Debian 12 in DIR (the first one is made by debootstrap and kept in build/debian-base)
#   in_root DIR CMD..  a command in it, with /proc, and the environment of a first login and nothing else
#   drop_root DIR      unmounts and removes it

new_root() {
    local base=build/debian-base root=$1
    if [ ! -f "$base/complete" ]; then
        command -v debootstrap >/dev/null || apt-get install -y -q debootstrap >&2
        rm -rf "$base"; mkdir -p build
        debootstrap --variant=minbase bookworm "$PWD/$base" >build/debootstrap.log 2>&1 || { tail -5 build/debootstrap.log >&2; return 1; }
        touch "$base/complete"
    fi
    mkdir -p "$root"; cp -a "$base/." "$root/"
    # the machine's own way to the package registries: name servers, certificate authorities, apt's proxy
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    mkdir -p "$root/usr/local/share/ca-certificates"
    cp -L /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
    grep -hs -i 'acquire::.*proxy' /etc/apt/apt.conf.d/* >"$root/etc/apt/apt.conf.d/99proxy" || true
    mount -t proc proc "$root/proc"
}

in_root() {
    local root=$1 names; shift
    names=$(compgen -e | grep -iE '^(https?_proxy|no_proxy|pip_(index_url|extra_index_url|trusted_host|default_timeout))$' || true)
    local passed=(); for name in $names; do passed+=("$name=${!name}"); done
    chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${passed[@]}" "$@"
}

drop_root() {
    if mountpoint -q "$1/proc"; then umount "$1/proc"; fi
    mountpoint -q "$1/proc" || rm -rf --one-file-system "$1"
}
