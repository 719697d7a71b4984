// Command hooktool is every hook tool of a jujutest unit: symlinked under the tools' names, it hands its command line to
// the model over the unit's socket and prints the answer. It uses the standard library only, so that package jujutest can
// compile this one file anywhere, and little of that, because a charm starts it many times in every hook.
//
// A request is a list of strings, an answer a list too: each string is its length (four bytes, big endian) and its bytes,
// each list is led by its count. Request: context id, working directory, tool, "1" with standard input or "0" without,
// standard input, arguments. Answer: exit code, standard output, standard error; exit code "stdin" asks for standard input.
package main

import (
	"bufio"
	"io"
	"net"
	"os"
	"strconv"
)

func main() { os.Exit(run()) }

func run() int {
	if socket := os.Getenv("JUJUTEST_EXEC_SOCKET"); socket != "" {
		return inUnit(socket)
	}
	id, address := os.Getenv("JUJU_CONTEXT_ID"), os.Getenv("JUJU_AGENT_SOCKET_ADDRESS")
	if id == "" {
		return fail("JUJU_CONTEXT_ID not set")
	}
	if address == "" {
		return fail("JUJU_AGENT_SOCKET_ADDRESS not set")
	}
	network := os.Getenv("JUJU_AGENT_SOCKET_NETWORK")
	if network == "" {
		network = "unix"
	}
	dir, err := os.Getwd()
	if err != nil {
		return fail(err.Error())
	}
	name := os.Args[0]
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' {
			name = name[i+1:]
			break
		}
	}
	request := append([]string{id, dir, name, "0", ""}, os.Args[1:]...)
	answer, err := ask(network, address, request)
	if err == nil && answer[0] == "stdin" {
		input, readErr := io.ReadAll(os.Stdin)
		if readErr != nil {
			return fail("cannot read stdin: " + readErr.Error())
		}
		request[3], request[4] = "1", string(input)
		answer, err = ask(network, address, request)
	}
	if err != nil {
		return fail(err.Error())
	}
	return tell(answer)
}

// tell prints an answer.
func tell(answer []string) int {
	code, err := strconv.Atoi(answer[0])
	if err != nil {
		return fail("the model's answer has no exit code: " + answer[0])
	}
	os.Stdout.WriteString(answer[1])
	os.Stderr.WriteString(answer[2])
	return code
}

// inUnit is juju-exec: it asks for commands to be run in a unit's context, and waits for what comes of them.
func inUnit(socket string) int {
	if id := os.Getenv("JUJU_CONTEXT_ID"); id != "" {
		fail("juju-exec cannot be called from within a hook, have context " + strconv.Quote(id))
		return 2
	}
	answer, err := ask("unix", socket, append([]string{"", "", "juju-exec", "0", ""}, os.Args[1:]...))
	if err != nil {
		return fail(err.Error())
	}
	return tell(answer)
}

func fail(message string) int {
	os.Stderr.WriteString("ERROR " + message + "\n")
	return 1
}

func ask(network, address string, request []string) ([]string, error) {
	conn, err := net.Dial(network, address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := send(conn, request); err != nil {
		return nil, err
	}
	answer, err := receive(bufio.NewReader(conn))
	if err == nil && len(answer) < 3 {
		return nil, io.ErrUnexpectedEOF
	}
	return answer, err
}

func send(w io.Writer, list []string) error {
	message := number(nil, len(list))
	for _, s := range list {
		message = append(number(message, len(s)), s...)
	}
	_, err := w.Write(message)
	return err
}

func number(to []byte, n int) []byte {
	return append(to, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

func receive(r io.Reader) ([]string, error) {
	count, err := readNumber(r)
	if err != nil {
		return nil, err
	}
	var list []string
	for range count {
		size, err := readNumber(r)
		if err != nil {
			return nil, err
		}
		bytes := make([]byte, size)
		if _, err := io.ReadFull(r, bytes); err != nil {
			return nil, err
		}
		list = append(list, string(bytes))
	}
	return list, nil
}

func readNumber(r io.Reader) (int, error) {
	var b [4]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, err
	}
	return int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3]), nil
}
