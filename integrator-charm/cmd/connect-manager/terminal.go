package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"connectcharms/requirer-lib/secret"
)

func isTerminal(file *os.File) bool { return term.IsTerminal(int(file.Fd())) }

// ask puts the question on the standard error, so that the output can go elsewhere.
func ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(os.Stderr, question)
	return answer(ctx, func() (string, error) {
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil {
			return "", errors.New("nobody answered")
		}
		return strings.TrimSpace(line), nil
	})
}

// askSecret brings the terminal back to how it was, also when it is interrupted at the question.
func askSecret(ctx context.Context, question string) (secret.Value, error) {
	terminal := int(os.Stdin.Fd())
	before, err := term.GetState(terminal)
	if err != nil {
		return secret.Value{}, fmt.Errorf("read the password: %w", err)
	}
	fmt.Fprint(os.Stderr, question)
	defer func() { fmt.Fprintln(os.Stderr) }()
	value, err := answer(ctx, func() (secret.Value, error) {
		typed, err := term.ReadPassword(terminal)
		return secret.New(string(typed)), err
	})
	if err != nil {
		_ = term.Restore(terminal, before)
		return secret.Value{}, fmt.Errorf("read the password: %w", err)
	}
	return value, nil
}

// answer reads until the context ends. A read of a terminal cannot be broken off: it is left to the end of the program,
// which is near then.
func answer[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	came := make(chan result, 1)
	go func() {
		value, err := read()
		came <- result{value, err}
	}()
	select {
	case one := <-came:
		return one.value, one.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
