#!/bin/sh
# account.sh ROOT: gives a root the account of services, _daemon_, by the number that it has in every rock.
set -eu
echo '_daemon_:x:584792:584792::/nonexistent:/usr/sbin/nologin' >>"$1/etc/passwd"
echo '_daemon_:x:584792:' >>"$1/etc/group"
