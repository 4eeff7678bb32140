package chatexport

import (
	"bufio"
	"errors"
	"io"
)

// pieceSize is the most of a line that is held at once. The head of a line is in its first piece.
const pieceSize = 64 << 10

// A piece is a line, or a part of a long one.
type piece struct {
	text    []byte // without its end; good until the next piece
	starts  bool   // it begins a line
	ends    bool   // its line ends here, or the file does
	afterCR bool   // the line before it ended in CR LF
}

// lines parts a text. Lines end in LF or CR LF.
type lines struct {
	r    *bufio.Reader
	next piece
}

func newLines(r io.Reader) *lines {
	return &lines{r: bufio.NewReaderSize(r, pieceSize), next: piece{starts: true}}
}

// read returns the next piece, and io.EOF after the last.
func (l *lines) read() (piece, error) {
	p := l.next
	b, err := l.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		p.text, l.next = b, piece{afterCR: p.afterCR}
		return p, nil
	case err != nil && len(b) == 0:
		return piece{}, err
	case err != nil && !errors.Is(err, io.EOF):
		return piece{}, err
	}
	p.ends = true
	cr := false
	if err == nil {
		b = b[:len(b)-1]
		if n := len(b); n > 0 && b[n-1] == '\r' {
			b, cr = b[:n-1], true
		}
	}
	p.text, l.next = b, piece{starts: true, afterCR: cr}
	return p, nil
}
