package kafka

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// archiveTime is the modification time of every archive member: an archive's bytes depend on its contents only.
var archiveTime = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

// distributionFolder is the one folder of the archive, named as Apache names it.
func distributionFolder(version string) string { return "kafka_2.13-" + version }

// layOut makes from a directory of jars, in dir, all that a Runtime points at.
func layOut(recipe recipe, jars, dir string) error {
	runtime := runtimeIn(dir, recipe.version)
	plugin := "connect-file-" + recipe.version
	for _, name := range sortedKeys(recipe.jars) {
		to := filepath.Join(runtime.Dir, "libs", name)
		if name == plugin+".jar" {
			to = filepath.Join(runtime.PluginPath, plugin, name)
		}
		if err := copyFile(filepath.Join(jars, name), to); err != nil {
			return err
		}
	}
	for name, content := range recipe.files {
		if err := writeFile(filepath.Join(runtime.Dir, name), content); err != nil {
			return err
		}
	}
	if err := takeLicence(filepath.Join(jars, "kafka-clients-"+recipe.version+".jar"), runtime.Dir); err != nil {
		return err
	}
	if err := pack(runtime.Archive, runtime.Dir); err != nil {
		return err
	}
	return pack(runtime.FilePlugin, filepath.Join(runtime.PluginPath, plugin))
}

// takeLicence copies Kafka's LICENSE and NOTICE, which every Kafka jar carries, to dir. The other jars carry their own.
func takeLicence(jar, dir string) error {
	content, err := zip.OpenReader(jar)
	if err != nil {
		return fmt.Errorf("open %s: %w", jar, err)
	}
	defer content.Close()
	for _, name := range []string{"LICENSE", "NOTICE"} {
		text, err := fs.ReadFile(content, name)
		if err != nil {
			return fmt.Errorf("take %s from %s: %w", name, jar, err)
		}
		if err := writeFile(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return nil
}

// pack writes dir, as the one folder, to a tar.gz whose bytes depend on names and contents only.
func pack(archive, dir string) error {
	file, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := packTo(file, dir); err != nil {
		return fmt.Errorf("pack %s: %w", archive, err)
	}
	return file.Close()
}

func packTo(to io.Writer, dir string) error {
	// The jars are compressed already: a higher level costs seconds and saves nothing.
	compressed, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return err
	}
	members := tar.NewWriter(compressed)
	// WalkDir goes in the order of names.
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(filepath.Dir(dir), name)
		if err != nil {
			return err
		}
		return addMember(members, filepath.ToSlash(below), name, entry)
	})
	if err != nil {
		return err
	}
	if err := members.Close(); err != nil {
		return err
	}
	return compressed.Close()
}

func addMember(members *tar.Writer, member, from string, entry fs.DirEntry) error {
	if entry.IsDir() {
		return members.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: member + "/", Mode: 0o755, ModTime: archiveTime})
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	header := &tar.Header{Typeflag: tar.TypeReg, Name: member, Size: info.Size(), Mode: int64(modeOf(member)), ModTime: archiveTime}
	if err := members.WriteHeader(header); err != nil {
		return err
	}
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(members, file)
	return err
}

// modeOf gives commands their execute bit, whatever the umask was when they were written.
func modeOf(name string) fs.FileMode {
	if path.Base(path.Dir(filepath.ToSlash(name))) == "bin" && strings.HasSuffix(name, ".sh") {
		return 0o755
	}
	return 0o644
}

func writeFile(to string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, modeOf(to))
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer target.Close()
	if _, err := io.Copy(target, source); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return target.Close()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
