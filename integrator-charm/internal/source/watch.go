package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fsnotify/fsnotify"
)

// Watch watches the directories in which another file may take the document's place: the file's own, those of the links on the way to it
// (Kubernetes and many deployments move a link), and while a directory is missing, the one that it would be in.
func (f *file) Watch(ctx context.Context, changed func()) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer watcher.Close()
	places, err := f.aim(watcher)
	if err != nil {
		return err
	}
	changed()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-watcher.Errors:
			// Events were lost, perhaps this file's.
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return err
			}
		case event := <-watcher.Events:
			if !slices.Contains(places, event.Name) {
				continue // another file
			}
		}
		if places, err = f.aim(watcher); err != nil {
			return err
		}
		changed()
	}
}

// aim makes the directories that are watched those that matter now, and gives the places in which something may change.
func (f *file) aim(watcher *fsnotify.Watcher) (places []string, err error) {
	path, err := filepath.Abs(f.path)
	if err != nil {
		return nil, err
	}
	// A directory may appear while its parent begins to be watched: looked at again, all that is there is watched.
	for {
		places = way(path)
		wanted, watched := directories(places), watcher.WatchList()
		missing := slices.DeleteFunc(slices.Clone(wanted), func(dir string) bool { return slices.Contains(watched, dir) })
		if len(missing) == 0 {
			forget(watcher, watched, wanted)
			return append(places, wanted...), nil
		}
		for _, dir := range missing {
			if err := watcher.Add(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
	}
}

// forget ends watches that matter no longer. One that cannot be ended has ended by itself, with its directory.
func forget(watcher *fsnotify.Watcher, watched, wanted []string) {
	for _, dir := range watched {
		if !slices.Contains(wanted, dir) {
			_ = watcher.Remove(dir)
		}
	}
}

// maxLinks is how many links are followed on the way to a file, as the kernel does.
const maxLinks = 40

// way follows an absolute path link by link, and gives each link, and where the way ends: at the file, or at what is missing.
func way(path string) []string {
	var places []string
	at, rest, links := "/", strings.Split(path, "/"), 0
	for len(rest) > 0 {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		info, err := os.Lstat(next)
		switch {
		case err != nil:
			return append(places, next)
		case info.Mode().Type() == fs.ModeSymlink:
			places = append(places, next)
			target, err := os.Readlink(next)
			if links++; err != nil || links > maxLinks {
				return places
			}
			if filepath.IsAbs(target) {
				at = "/"
			}
			rest = append(strings.Split(target, "/"), rest...)
		default:
			at = next
		}
	}
	return append(places, at)
}

func directories(places []string) []string {
	var dirs []string
	for _, place := range places {
		if dir := filepath.Dir(place); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}
