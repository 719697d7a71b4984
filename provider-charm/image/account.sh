#!/bin/sh
# account.sh ROOT: gives a root the account of services, _daemon_, with the number and the home that it has in every rock.
# The home has to be there: without, Pebble executes nothing.
set -eu
umask 022
home=/var/lib/pebble/default
mkdir -p "$1$home"
echo "_daemon_:x:584792:584792::$home:/usr/sbin/nologin" >>"$1/etc/passwd"
echo '_daemon_:x:584792:' >>"$1/etc/group"
