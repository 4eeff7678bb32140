package chatexport

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// A source opens the text of a chat from its beginning, in UTF-8.
type source func() (io.ReadCloser, error)

// find finds the chat in what was handed over.
func find(r io.ReaderAt, size int64, l Limits) (source, error) {
	head := make([]byte, 4)
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the exported chat: %w", err)
	}
	switch {
	case bytes.HasPrefix(head[:n], []byte("PK\x03\x04")), bytes.HasPrefix(head[:n], []byte("PK\x05\x06")):
		return findInZip(r, size, l)
	case size > l.Unpacked:
		return nil, fmt.Errorf("%w: more than %d bytes of text", ErrTooLarge, l.Unpacked)
	}
	return text(func() (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(r, 0, size)), nil
	}), nil
}

// candidates is how many texts in a zip are looked into.
const candidates = 16

// findInZip finds the chat among the files of a zip. Their names are never used as paths, and no zip in
// the zip is opened.
func findInZip(r io.ReaderAt, size int64, l Limits) (source, error) {
	// The directory is read whole, and what it says about its own length may be a lie.
	limited := &atMost{r: r, left: 1<<20 + int64(l.Entries)*512}
	z, err := zip.NewReader(limited, size)
	switch {
	case limited.left < 0 || z != nil && len(z.File) > l.Entries:
		return nil, fmt.Errorf("%w: more than %d files in the zip", ErrTooLarge, l.Entries)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	// It fits, so it may be read again without the one who counts, who serves one goroutine only.
	if z, err = zip.NewReader(r, size); err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	files := chats(z.File)
	var failed error
	for _, f := range files[:min(len(files), candidates)] {
		src := text(func() (io.ReadCloser, error) { return unpack(f, l) })
		ok, err := looksRight(src)
		switch {
		case err != nil:
			failed = err
		case ok:
			return src, nil
		}
	}
	if failed != nil {
		return nil, failed
	}
	return nil, fmt.Errorf("%w: the zip has no chat in it", ErrNotAnExport)
}

// chats returns the files that may be the chat, the likeliest first: _chat.txt of an iPhone, chat.txt of
// Web, "WhatsApp Chat with X.txt" of Android in any language, then any text.
func chats(all []*zip.File) []*zip.File {
	var likely, other []*zip.File
	for _, f := range all {
		name := strings.ToLower(path.Base(strings.ReplaceAll(f.Name, `\`, "/")))
		switch {
		case !strings.HasSuffix(name, ".txt"):
		case name == "_chat.txt", name == "chat.txt":
			likely = append([]*zip.File{f}, likely...)
		case strings.Contains(name, "whatsapp"), strings.Contains(name, "واتساب"):
			likely = append(likely, f)
		default:
			other = append(other, f)
		}
	}
	return append(likely, other...)
}

// unpack opens a file of a zip so that it can give no more than the limits.
func unpack(f *zip.File, l Limits) (io.ReadCloser, error) {
	if f.Flags&1 != 0 {
		return nil, ErrEncrypted
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	most := l.Unpacked
	// What little text packs very well is no danger.
	if ratio := 1<<20 + int64(min(f.CompressedSize64, 1<<40))*int64(l.Ratio); ratio < most {
		most = ratio
	}
	return &unpacking{r, most}, nil
}

// unpacking counts what comes out, whatever the zip says about it.
type unpacking struct {
	io.ReadCloser
	left int64
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	u.left -= int64(n)
	if u.left < 0 {
		return 0, fmt.Errorf("%w: its text unpacks to too many bytes", ErrTooLarge)
	}
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) ||
		errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return n, err
}

// atMost fails when more than left bytes were read.
type atMost struct {
	r    io.ReaderAt
	left int64
}

var errAtMost = errors.New("too much")

func (a *atMost) ReadAt(p []byte, off int64) (int, error) {
	if a.left -= int64(len(p)); a.left < 0 {
		return 0, errAtMost
	}
	return a.r.ReadAt(p, off)
}

// looksRight tells whether the first lines of a text hold the head of a message.
func looksRight(src source) (bool, error) {
	r, err := src()
	if err != nil {
		return false, err
	}
	defer r.Close()
	l := newLines(io.LimitReader(r, pieceSize))
	for range mostLead {
		p, err := l.read()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if _, _, ok := stampOf(p.text); p.starts && ok {
			return true, nil
		}
	}
	return false, nil
}

// text turns what open gives into UTF-8. Old phones and mail programs made UTF-16 of it.
func text(open source) source {
	return func() (io.ReadCloser, error) {
		r, err := open()
		if err != nil {
			return nil, err
		}
		whole := bufio.NewReaderSize(r, 512)
		head, err := whole.Peek(512)
		if err != nil && !errors.Is(err, io.EOF) {
			r.Close()
			return nil, fmt.Errorf("read the exported chat: %w", err)
		}
		opened := struct {
			io.Reader
			io.Closer
		}{whole, r}
		switch e, utf16 := endianness(head); {
		case utf16:
			opened.Reader = unicode.UTF16(e, unicode.UseBOM).NewDecoder().Reader(whole)
		case bytes.IndexByte(head, 0) >= 0:
			r.Close()
			return nil, fmt.Errorf("%w: it is no text", ErrNotAnExport)
		}
		return opened, nil
	}
}

// endianness tells whether a text is UTF-16, by its BOM or by the noughts that every second byte of its
// digits and spaces is.
func endianness(head []byte) (unicode.Endianness, bool) {
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) {
		return unicode.LittleEndian, true
	}
	if bytes.HasPrefix(head, []byte{0xfe, 0xff}) {
		return unicode.BigEndian, true
	}
	if utf8.Valid(head[:min(len(head), 64)]) && bytes.IndexByte(head, 0) < 0 {
		return unicode.LittleEndian, false
	}
	var noughts [2]int
	for i, b := range head[:min(len(head), 32)] {
		if b == 0 {
			noughts[i%2]++
		}
	}
	switch {
	case noughts[1] >= 8 && noughts[0] == 0:
		return unicode.LittleEndian, true
	case noughts[0] >= 8 && noughts[1] == 0:
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, false
}
