package plugins

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

const (
	// longestClass is the most bytes read of one class file. Its largest part, the constant pool, has some 100 kB in
	// generated code.
	longestClass = 8 << 20
	// longestClassName bounds the texts that are kept of a constant pool, in bytes: only names of classes matter.
	longestClassName = 1024
)

// Flags of a class and of a method (JVM specification, tables 4.1-B and 4.6-A).
const (
	accPublic    = 0x0001
	accInterface = 0x0200
	accAbstract  = 0x0400
)

// errBadClass is what is wrong with every class file that cannot be read: nobody needs to know more, for Java would not
// load it either.
var errBadClass = errors.New("not a Java class file")

// classFile is what a class file says of what the class may stand for. Names are as in the file, with slashes.
type classFile struct {
	name    string
	access  uint16
	parents []string // its superclass, and the interfaces that it names itself
}

// classReader reads class files (JVM specification, chapter 4), one after the other. Nothing in them is run. The first
// error stays: what is read after it is zero.
type classReader struct {
	source *bufio.Reader
	left   int64
	err    error
	texts  [][]byte
	names  []uint16 // of each class in the constant pool, the index of its text
	room   []byte   // what texts point into
}

func newClassReader() *classReader { return &classReader{source: bufio.NewReaderSize(nil, 16<<10)} }

// head reads a class file up to the interfaces: most of its bytes, its methods, come after them.
func (c *classReader) head(source io.Reader) (classFile, error) {
	c.source.Reset(source)
	c.left, c.err, c.room = longestClass, nil, c.room[:0]
	if c.u4() != 0xcafebabe {
		return classFile{}, errBadClass
	}
	c.skip(4) // version
	c.constants()
	class := classFile{access: c.u2()}
	class.name = c.class(c.u2())
	if super := c.u2(); super != 0 { // java.lang.Object has none
		class.parents = append(class.parents, c.class(super))
	}
	for range c.u2() {
		if class.parents = append(class.parents, c.class(c.u2())); c.err != nil {
			break
		}
	}
	return class, c.err
}

// hasPublicConstructor reads on after head, and says whether the class can be made without arguments by everybody.
func (c *classReader) hasPublicConstructor() bool {
	c.members(nil) // fields
	found := false
	c.members(func(access uint16, name, descriptor string) {
		found = found || access&accPublic != 0 && name == "<init>" && descriptor == "()V"
	})
	return found && c.err == nil
}

// taken is how many bytes were read of the class file at hand.
func (c *classReader) taken() int64 { return longestClass - c.left }

// constants reads the constant pool, and keeps texts and classes.
func (c *classReader) constants() {
	count := int(c.u2())
	c.texts, c.names = zeroed(c.texts, count), zeroed(c.names, count)
	for i := 1; i < count && c.err == nil; i++ {
		switch tag := c.u1(); tag {
		case 1: // Utf8
			c.texts[i] = c.text(int(c.u2()))
		case 7: // Class
			c.names[i] = c.u2()
		case 8, 16, 19, 20: // String, MethodType, Module, Package
			c.skip(2)
		case 15: // MethodHandle
			c.skip(3)
		case 3, 4, 9, 10, 11, 12, 17, 18: // Integer, Float, references, NameAndType, Dynamic, InvokeDynamic
			c.skip(4)
		case 5, 6: // Long and Double take two places
			c.skip(8)
			i++
		default:
			c.fail()
		}
	}
}

// members reads fields or methods.
func (c *classReader) members(each func(access uint16, name, descriptor string)) {
	for range c.u2() {
		access, name, descriptor := c.u2(), c.u2(), c.u2()
		for range c.u2() { // attributes: a name and a length each
			c.skip(2)
			c.skip(int64(c.u4()))
			if c.err != nil {
				return
			}
		}
		if each != nil {
			each(access, string(c.textAt(name)), string(c.textAt(descriptor)))
		}
		if c.err != nil {
			return
		}
	}
}

// class is the name of the class at an index of the constant pool.
func (c *classReader) class(index uint16) string {
	if int(index) >= len(c.names) {
		c.fail()
		return ""
	}
	name := c.textAt(c.names[index])
	if len(name) == 0 {
		c.fail()
	}
	return string(name)
}

func (c *classReader) textAt(index uint16) []byte {
	if int(index) >= len(c.texts) {
		c.fail()
		return nil
	}
	return c.texts[index]
}

func (c *classReader) text(length int) []byte {
	if length > longestClassName {
		c.skip(int64(length))
		return nil
	}
	start := len(c.room)
	c.room = append(c.room, make([]byte, length)...)
	text := c.room[start:]
	c.read(text)
	return text
}

func (c *classReader) u1() uint8 {
	var b [1]byte
	c.read(b[:])
	return b[0]
}

func (c *classReader) u2() uint16 {
	var b [2]byte
	c.read(b[:])
	return binary.BigEndian.Uint16(b[:])
}

func (c *classReader) u4() uint32 {
	var b [4]byte
	c.read(b[:])
	return binary.BigEndian.Uint32(b[:])
}

func (c *classReader) read(p []byte) {
	if c.may(int64(len(p))) {
		n, err := io.ReadFull(c.source, p)
		if c.left -= int64(n); err != nil {
			clear(p)
			c.fail()
		}
	}
}

func (c *classReader) skip(n int64) {
	if c.may(n) {
		skipped, err := io.CopyN(io.Discard, c.source, n)
		if c.left -= skipped; err != nil {
			c.fail()
		}
	}
}

// may says whether so much more may be read.
func (c *classReader) may(n int64) bool {
	if n > c.left {
		c.fail()
	}
	return c.err == nil
}

func (c *classReader) fail() { c.err = errBadClass }

// zeroed makes a slice of length zero values, in the place of an earlier one where that has room.
func zeroed[T any](old []T, length int) []T {
	if cap(old) < length {
		return make([]T, length)
	}
	old = old[:length]
	clear(old)
	return old
}
