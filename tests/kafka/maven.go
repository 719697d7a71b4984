package kafka

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// jarFolder is where the pom has Maven put the jars, below the pom's own directory.
	jarFolder = "libs"
	// installTools is what a person does when a tool is missing.
	installTools = "apt-get install maven openjdk-17-jre-headless"
)

// downloadJars has Maven copy the recipe's jars to dir/libs, and holds them against the recorded digests.
func downloadJars(ctx context.Context, recipe recipe, dir string, progress io.Writer) error {
	pom := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(pom, recipe.pom, 0o644); err != nil {
		return err
	}
	if err := Maven(ctx, progress, "downloading "+recipe.what+" with Maven", "-f", pom, "dependency:copy-dependencies"); err != nil {
		return fmt.Errorf("download the jars (it can be run again, what has arrived is kept): %w", err)
	}
	return checkJars(filepath.Join(dir, jarFolder), recipe.jars)
}

// Maven runs mvn with arguments to its end, or until the context ends; progress is told, in the words of what, that it goes on. The error
// has the end of what mvn printed.
func Maven(ctx context.Context, progress io.Writer, what string, args ...string) error {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return fmt.Errorf("mvn is missing: install it (%s): %w", installTools, err)
	}
	if err := findJava(); err != nil {
		return err
	}
	// -U: a download that failed once is tried again, instead of being remembered as failed for a day.
	maven := exec.CommandContext(ctx, mvn, append([]string{"--batch-mode", "--no-transfer-progress", "-Dstyle.color=never", "-U"}, args...)...)
	said := newOutput(nil)
	maven.Stdout, maven.Stderr = said, said
	// mvn is a script around java: the whole group goes when the context ends.
	maven.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	maven.Cancel = func() error { return syscall.Kill(-maven.Process.Pid, syscall.SIGKILL) }
	maven.WaitDelay = 5 * time.Second
	stop := sayEvery(progressEvery, progress, what)
	defer stop()
	if err := maven.Run(); err != nil {
		return fmt.Errorf("mvn: %w\n%s", errors.Join(err, ctx.Err()), said.tail())
	}
	return nil
}

// progressEvery is how often something that takes long says that it goes on.
const progressEvery = 5 * time.Second

// sayEvery prints what is done, at once and then again with the time that it has taken, until stop is called.
func sayEvery(interval time.Duration, progress io.Writer, what string) (stop func()) {
	if progress == nil {
		return func() {}
	}
	fmt.Fprintln(progress, what)
	start, ended, done := time.Now(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				fmt.Fprintf(progress, "%s: %d s\n", what, int(time.Since(start).Seconds()))
			case <-ended:
				return
			}
		}
	}()
	return func() { close(ended); <-done }
}

// checkJars holds the jars of a directory against the recorded ones, both ways.
func checkJars(dir string, recorded map[string]string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read the downloaded jars: %w", err)
	}
	missing := make(map[string]string, len(recorded))
	for name, digest := range recorded {
		missing[name] = digest
	}
	for _, entry := range entries {
		want, ok := recorded[entry.Name()]
		if !ok {
			return fmt.Errorf("mvn brought %s, which is not among the recorded jars: record it in jars.sha256 if it belongs there", entry.Name())
		}
		got, err := digestOf(filepath.Join(dir, entry.Name()))
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s has SHA-256 %s and not the recorded %s: it is damaged or not what was published; delete it from Maven's local repository and fetch again",
				entry.Name(), got, want)
		}
		delete(missing, entry.Name())
	}
	if len(missing) > 0 {
		return fmt.Errorf("mvn did not bring %v", sortedKeys(missing))
	}
	return nil
}

func digestOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// findJava looks where the scripts of the distribution will look.
func findJava() error {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		if _, err := exec.LookPath(filepath.Join(home, "bin", "java")); err != nil {
			return fmt.Errorf("JAVA_HOME is %s, and no java is there: unset it, or set it to a Java 17 or newer (%s): %w", home, installTools, err)
		}
		return nil
	}
	if _, err := exec.LookPath("java"); err != nil {
		return fmt.Errorf("java is missing: install it (%s), or set JAVA_HOME: %w", installTools, err)
	}
	return nil
}
