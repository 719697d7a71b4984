package plugins

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"time"
)

// Source is where a plugin comes from.
type Source struct {
	// URL is the http or https address of one archive (see Store.Install). It may hold a user and password for basic
	// authentication and a query: neither is ever shown, logged or kept.
	URL string
	// SHA256 is the digest the archive must have; when it is empty, any bytes are taken.
	SHA256 Digest
	// Network is how it is fetched.
	Network Network
}

// Install downloads a plugin into the store and returns it once all of it is on disk. It is a tar, plain or compressed by
// gzip, zstd or xz, a zip, or one jar. When the store has source.SHA256
// already, nothing is downloaded; when the download turns out to be a plugin that the store has, that one is returned as
// it is. The body is read once: limited, hashed and unpacked as it arrives. Every error is an *InstallError, and leaves
// the store as it was.
func (s *Store) Install(ctx context.Context, source Source, limits Limits) (Installed, error) {
	from, shown, err := parseSource(source.URL)
	if err != nil {
		return Installed{}, asInstallError(shown, err)
	}
	if from, err = source.Network.mirrored(from); err != nil {
		return Installed{}, asInstallError(shown, failed(BadURL, "its mirror makes no URL of it"))
	}
	shown = redact(from)
	installed, err := s.install(ctx, from, source, limits.orDefault())
	if err != nil {
		return Installed{}, asInstallError(shown, err)
	}
	return installed, nil
}

func (s *Store) install(ctx context.Context, from *url.URL, source Source, limits Limits) (Installed, error) {
	wanted := source.SHA256
	if wanted != "" {
		if err := wanted.Validate(); err != nil {
			return Installed{}, failed(WrongDigest, "the digest asked for is none: %w", err)
		}
		if present, err := s.Get(wanted); err == nil {
			return present, nil
		}
	}
	unlock, err := s.lockShared()
	if err != nil {
		return Installed{}, err
	}
	defer unlock()
	body, err := s.request(ctx, from, source.Network, limits)
	if err != nil {
		return Installed{}, err
	}
	defer body.Close() // read to its end, or given up
	dir, err := os.MkdirTemp(s.incoming(), "plugin-*")
	if err != nil {
		return Installed{}, err
	}
	defer os.RemoveAll(dir) // gone after the rename; else the next Open clears it
	return s.receive(body, dir, wanted, from.Host)
}

// receive turns a body into a plugin, by way of the new directory dir.
func (s *Store) receive(body *download, dir string, wanted Digest, host string) (Installed, error) {
	size, err := s.unpackInto(dir, body)
	if err != nil {
		return Installed{}, err
	}
	digest := digestOf(body.sum)
	if wanted != "" && digest != wanted {
		return Installed{}, failed(WrongDigest, "its SHA-256 is %s…, not %s…", digest.Short(), wanted.Short())
	}
	if present, err := s.Get(digest); err == nil {
		return present, nil
	}
	offered, added, err := examine(body.ctx, dir, body.limits)
	if body.ctx.Err() != nil {
		return Installed{}, networkError(body.ctx, body.limits, body.ctx.Err())
	}
	if err != nil {
		return Installed{}, err
	}
	r := record{
		Digest: digest, Source: host, Downloaded: body.size, Bytes: size + added,
		Classes: listed(offered.named), Found: listed(offered.found), Time: time.Now().UTC().Truncate(time.Second),
	}
	return s.publish(dir, r)
}

// examine reads what the plugin in dir offers, and adds the manifests that it lacks.
func examine(ctx context.Context, dir string, limits Limits) (offered offer, added int64, err error) {
	offered, err = offerOf(ctx, dir, limits)
	if err == nil && len(offered.found) > 0 {
		added, err = offered.writeServices(dir)
	}
	return offered, added, err
}

func (s *Store) unpackInto(dir string, body *download) (size int64, err error) {
	bare, err := s.openTarget(dir)
	if err != nil {
		return 0, err
	}
	defer bare.Close() // a handle on a directory
	out := &room{target: bare, dir: dir, reserve: body.limits.Reserve}
	if err := out.look(body.response.ContentLength); err != nil {
		return 0, err
	}
	u := newUnpacker(body.ctx, out, body.limits)
	size, err = u.unpack(body, body.encoding() == "gzip")
	if err == nil {
		u.Close()
		return size, nil
	}
	if cause := context.Cause(body.ctx); cause != nil {
		err = networkError(body.ctx, body.limits, cause)
	}
	_ = body.Close() // err says more; what reads ahead ends with it
	u.Close()
	var cut *InstallError
	if errors.As(err, &cut) && cut.Reason == CutShort && body.whole() {
		err = failed(BrokenArchive, "the file on the server is cut short")
	}
	return size, err
}

// publish puts dir on disk for good and gives it its name.
func (s *Store) publish(dir string, r record) (Installed, error) {
	if err := r.write(dir); err != nil {
		return Installed{}, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // MkdirTemp's 0700 would hide it from the worker
		return Installed{}, err
	}
	if err := syncTree(dir); err != nil {
		return Installed{}, err
	}
	err := s.place(dir, r.Digest)
	if !errors.Is(err, fs.ErrExist) {
		return r.installed(s.path(r.Digest)), err
	}
	// Somebody else installed it meanwhile; or the disk damaged what has its name.
	if present, err := s.Get(r.Digest); err == nil {
		return present, nil
	}
	if err := s.discard(s.path(r.Digest)); err != nil {
		return Installed{}, err
	}
	return r.installed(s.path(r.Digest)), s.place(dir, r.Digest)
}

// place renames dir to its digest. The error is fs.ErrExist when there is a directory of that name: rename(2) replaces
// an empty one only.
func (s *Store) place(dir string, digest Digest) error {
	final := s.path(digest)
	if err := os.Rename(dir, final); err != nil {
		return err
	}
	if err := syncPath(s.Path()); err != nil {
		return errors.Join(err, s.discard(final))
	}
	return nil
}
