package clock

import (
	"encoding/binary"
	"fmt"
	"os"
)

// piece is what a function becomes: code, in the middle of which stands how far it is to the seconds.
type piece struct {
	function      string
	before, after []byte // of the four bytes that say how far
}

// Each asks the kernel as it was asked itself, and adds the seconds to the answer. The registers that a system call leaves as they are
// hold its arguments; it uses no other but those that are a caller's to save.
var pieces = []piece{
	{
		"__vdso_clock_gettime",
		[]byte{
			0xf3, 0x0f, 0x1e, 0xfa, // endbr64
			0xb8, 0xe4, 0x00, 0x00, 0x00, // mov eax, clock_gettime
			0x0f, 0x05, // syscall
			0x85, 0xc0, // test eax, eax
			0x75, 0x13, // jne to the end
			0x85, 0xff, // test edi, edi: CLOCK_REALTIME
			0x74, 0x05, // je to the sum
			0x83, 0xff, 0x05, // cmp edi, CLOCK_REALTIME_COARSE
			0x75, 0x0a, // jne to the end
			0x48, 0x8b, 0x15, // mov rdx, [the seconds]
		},
		[]byte{
			0x48, 0x01, 0x16, // add [rsi], rdx
			0xc3, // ret
		},
	},
	{
		"__vdso_gettimeofday",
		[]byte{
			0xf3, 0x0f, 0x1e, 0xfa,
			0xb8, 0x60, 0x00, 0x00, 0x00, // mov eax, gettimeofday
			0x0f, 0x05,
			0x85, 0xc0,
			0x75, 0x0f,
			0x48, 0x85, 0xff, // test rdi, rdi: it may want the time zone alone
			0x74, 0x0a,
			0x48, 0x8b, 0x15,
		},
		[]byte{
			0x48, 0x01, 0x17, // add [rdi], rdx
			0xc3,
		},
	},
	{
		"__vdso_time",
		[]byte{
			0xf3, 0x0f, 0x1e, 0xfa,
			0xb8, 0xc9, 0x00, 0x00, 0x00, // mov eax, time
			0x0f, 0x05,
			0x48, 0x03, 0x05, // add rax, [the seconds]
		},
		[]byte{
			0x48, 0x85, 0xff, // test rdi, rdi
			0x74, 0x03, // je to the end
			0x48, 0x89, 0x07, // mov [rdi], rax
			0xc3,
		},
	},
}

// rewrite has the functions add seconds. The process stands still, and is in none of them.
func (l library) rewrite(memory *os.File, seconds int64) error {
	first, is := l.functions[pieces[0].function]
	if !is {
		return fmt.Errorf("its vDSO has no %s", pieces[0].function)
	}
	// The seconds stand behind the first function's code, where they can be written at once.
	at := l.begin + first.Value + uint64(pieces[0].size())
	at += -at % 8
	if room := at + 8 - l.begin - first.Value; room > first.Size {
		return fmt.Errorf("its vDSO has %d bytes for %s, and %d are needed", first.Size, pieces[0].function, room)
	}
	for _, p := range pieces {
		function, is := l.functions[p.function]
		if !is {
			continue // who wants it asks the kernel, and is not off: neither Go nor Java does
		}
		if uint64(p.size()) > function.Size {
			return fmt.Errorf("its vDSO has %d bytes for %s, and %d are needed", function.Size, p.function, p.size())
		}
		if _, err := memory.WriteAt(p.code(l.begin+function.Value, at), int64(l.begin+function.Value)); err != nil {
			return fmt.Errorf("write its vDSO: %w", err)
		}
	}
	if _, err := memory.WriteAt(binary.LittleEndian.AppendUint64(nil, uint64(seconds)), int64(at)); err != nil {
		return fmt.Errorf("write its vDSO: %w", err)
	}
	return nil
}

func (p piece) size() int { return len(p.before) + 4 + len(p.after) }

// code is the piece at one address, for seconds at another.
func (p piece) code(at, seconds uint64) []byte {
	from := at + uint64(len(p.before)) + 4 // the next instruction
	code := append([]byte(nil), p.before...)
	code = binary.LittleEndian.AppendUint32(code, uint32(seconds-from))
	return append(code, p.after...)
}
