package chatexport

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

const small = "31/12/22, 10:00 - Ayu: hi\n31/12/22, 10:01 - Luzia: hello\n"

// chatOf makes a chat of n messages, six a minute.
func chatOf(n int) string {
	var b strings.Builder
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		fmt.Fprintf(&b, "%s - %s: message %d\n", start.Add(time.Duration(i)*10*time.Second).Format("02/01/06, 15:04"), [...]string{"Ayu", "Luzia"}[i%2], i)
	}
	return b.String()
}

// zipped makes a zip of names and contents.
func zipped(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheChatIsFoundInAZip(t *testing.T) {
	other := strings.ReplaceAll(small, "Luzia", "Kim")
	for _, c := range []struct {
		name  string
		files []string
	}{
		{"Android", []string{"WhatsApp Chat with Luzia.txt", small}},
		{"Android, Arabic", []string{"محادثة واتساب مع لوزيا.txt", small, "a.txt", other}},
		{"Android, with media", []string{"IMG-20221231-WA0001.jpg", "\xff\xd8", "notes.txt", "nothing", "Chat WhatsApp con Luzia.txt", small}},
		{"iPhone", []string{"00000042-notes.txt", other, "_chat.txt", small}},
		{"Web", []string{"chat.md", "# WhatsApp Chat Export: Luzia", "media/a.txt", other, "chat.txt", small}},
		{"a name in no language that is known", []string{"a.txt", "nothing", "b.TXT", small}},
		{"a Mac's additions", []string{"__MACOSX/._chat.txt", "\x00\x05\x16\x07", "._chat.txt", "\x00", "_chat.txt", small}},
		{"a folder, and one that climbs out", []string{"chat.txt/", "", "../../etc/_chat.txt", small}},
		{"Windows' folders", []string{"notes.txt", other, `chats\_chat.txt`, small}},
	} {
		t.Run(c.name, func(t *testing.T) {
			compare(t, open(t, zipped(t, c.files...), Options{}), []Message{
				says("2022-12-31 10:00", "Ayu", "hi"), says("2022-12-31 10:01", "Luzia", "hello"),
			})
		})
	}
}

// encrypted says of a zip's files that they want a password.
func encrypted(z string) string {
	b := []byte(z)
	for i := range len(b) - 10 {
		switch string(b[i : i+4]) {
		case "PK\x03\x04":
			b[i+6] |= 1
		case "PK\x01\x02":
			b[i+8] |= 1
		}
	}
	return string(b)
}

// method says of a zip's files that they are packed in another way.
func method(z string, m uint16) string {
	b := []byte(z)
	for i := range len(b) - 12 {
		switch string(b[i : i+4]) {
		case "PK\x03\x04":
			binary.LittleEndian.PutUint16(b[i+8:], m)
		case "PK\x01\x02":
			binary.LittleEndian.PutUint16(b[i+10:], m)
		}
	}
	return string(b)
}

// liar says of a zip's files that they are tiny.
func liar(z string) string {
	b := []byte(z)
	for i := range len(b) - 30 {
		if string(b[i:i+4]) == "PK\x01\x02" {
			binary.LittleEndian.PutUint32(b[i+24:], 10)
		}
	}
	return string(b)
}

func TestHostileFilesAreRefused(t *testing.T) {
	many := []string{}
	for i := range 300 {
		many = append(many, fmt.Sprintf("%d.txt", i), "")
	}
	good := zipped(t, "_chat.txt", chatOf(200))
	bomb := strings.Repeat(strings.Repeat("31/12/22, 10:00 - Ayu: aaaaaaaaa\n", 1000), 100)
	people := ""
	for i := range 20 {
		people += fmt.Sprintf("31/12/22, 10:00 - Ayu %d: hi\n", i)
	}
	for _, c := range []struct {
		name   string
		file   string
		limits Limits
		want   error
	}{
		{"nothing", "", Limits{}, ErrNotAnExport},
		{"one letter", "[", Limits{}, ErrNotAnExport},
		{"a letter to someone", "Dear Luzia,\n\nhow are you?\n", Limits{}, ErrNotAnExport},
		{"a long letter", strings.Repeat("how are you?\n", 1000) + small, Limits{}, ErrNotAnExport},
		{"a table", "date,name,text\n31/12/22,Ayu,hi\n", Limits{}, ErrNotAnExport},
		{"heads without a time", "31/12/22 - Ayu: hi\n", Limits{}, ErrNotAnExport},
		{"one long line", strings.Repeat("a", 10<<20), Limits{}, ErrNotAnExport},
		{"one long line before a chat", strings.Repeat("a", 1<<20) + "\n" + small, Limits{}, ErrNotAnExport},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Limits{}, ErrNotAnExport},
		{"noughts", strings.Repeat("\x00", 10000), Limits{}, ErrNotAnExport},
		{"what may be UTF-16", strings.Repeat("\x00[1/", 1000), Limits{}, ErrNotAnExport},
		{"a text over the limit", chatOf(200), Limits{Unpacked: 1000}, ErrTooLarge},
		{"too many messages", chatOf(200), Limits{Messages: 199}, ErrTooLarge},
		{"too many authors", people, Limits{Authors: 19}, ErrTooLarge},
		{"an empty zip", zipped(t), Limits{}, ErrNotAnExport},
		{"a zip without a text", zipped(t, "a.jpg", small), Limits{}, ErrNotAnExport},
		{"a zip with another text", zipped(t, "a.txt", "hello"), Limits{}, ErrNotAnExport},
		{"a zip in a zip", zipped(t, "WhatsApp Chat with Luzia.zip", good, "chat.txt", good), Limits{}, ErrNotAnExport},
		{"too many files", zipped(t, many...), Limits{Entries: 299}, ErrTooLarge},
		{"far too many files", zipped(t, append(many, strings.Repeat("a", 60000)+".txt", small)...), Limits{Entries: 1}, ErrTooLarge},
		{"a bomb, by its size", zipped(t, "_chat.txt", bomb), Limits{Unpacked: 1 << 20, Ratio: 10000}, ErrTooLarge},
		{"a bomb, by its ratio", zipped(t, "_chat.txt", bomb), Limits{Ratio: 100}, ErrTooLarge},
		{"a bomb that says it is small", liar(zipped(t, "_chat.txt", bomb)), Limits{Unpacked: 1 << 20}, ErrDamaged},
		{"a zip that says it is small", liar(good), Limits{}, ErrDamaged},
		{"a password", encrypted(good), Limits{}, ErrEncrypted},
		{"another packer", method(good, 12), Limits{}, ErrDamaged},
		{"no packer at all", method(good, 0), Limits{}, ErrNotAnExport},
		{"half a zip", good[:len(good)/2], Limits{}, ErrDamaged},
		{"the beginning of a zip", "PK\x03\x04", Limits{}, ErrDamaged},
		{"a zip with a hole", good[:60] + strings.Repeat("\x00", 40) + good[100:], Limits{}, ErrDamaged},
		{"a zip that grew", good + small, Limits{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			chat, err := try(c.file, Options{Limits: c.limits})
			if !errors.Is(err, c.want) {
				t.Fatalf("error = %v, want %v", err, c.want)
			}
			if err != nil && (chat != nil || strings.Contains(err.Error(), "Ayu")) {
				t.Errorf("chat %v with error %v, which may quote nobody", chat, err)
			}
		})
	}
}

// full reads n bytes and then fails.
type full struct {
	r io.ReaderAt
	n int64
}

var errBroken = errors.New("the disk is broken")

func (f full) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.n {
		return 0, errBroken
	}
	return f.r.ReadAt(p, off)
}

func TestAnErrorOfReadingIsNotOneOfTheFile(t *testing.T) {
	file := chatOf(20_000)
	for _, n := range []int64{0, 100, 100_000} {
		_, err := Open(full{strings.NewReader(file), n}, int64(len(file)), Options{})
		if !errors.Is(err, errBroken) || errors.Is(err, ErrNotAnExport) {
			t.Errorf("after %d bytes: error = %v, want %v", n, err, errBroken)
		}
	}
	// It broke after Open.
	f := &full{strings.NewReader(file), int64(len(file)) + pieceSize}
	c, err := Open(f, int64(len(file)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	f.n = 200_000
	count := 0
	for _, err = range c.Messages() {
		count++
	}
	if !errors.Is(err, errBroken) || count < 1000 {
		t.Errorf("error = %v after %d messages, want %v after thousands", err, count, errBroken)
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	long := "31/12/22, 10:00 - Ayu: " + strings.Repeat("é", 5<<20) + "\n31/12/22, 10:01 - Luzia: hello\n"
	for _, most := range []int{1000, 1001, 100_000} {
		c := open(t, long, Options{Limits: Limits{Text: most}})
		compare(t, c, []Message{
			says("2022-12-31 10:00", "Ayu", strings.Repeat("é", most/2)), says("2022-12-31 10:01", "Luzia", "hello"),
		})
		if got := c.Summary().Cut; got != 1 {
			t.Errorf("%d messages cut, want 1", got)
		}
	}
	// In the very line of the name, and by many lines.
	c := open(t, "31/12/22, 10:00 - "+strings.Repeat("a\n", 1000)+small, Options{Limits: Limits{Text: 10}})
	if got := all(t, c)[0].Text; got != "a\na\na\na\na" {
		t.Errorf("text = %q", got)
	}
}

func TestWhatIsReadDoesNotDependOnHowItIsBuffered(t *testing.T) {
	// A head, a name, a letter and a CR LF each come to lie across the end of the buffer.
	for shift := range 64 {
		head := "[31/12/22, 10:00:00] Ayu: "
		fill := strings.Repeat("x", pieceSize-len(head)-40+shift)
		file := head + fill + "é\r\n[31/12/22, 10:01:00] Luzia: \u200eimage omitted\r\n"
		c := open(t, file, Options{})
		compare(t, c, []Message{says("2022-12-31 10:00", "Ayu", fill+"é"), sends("2022-12-31 10:01", "Luzia", "")})
	}
}

func TestManyReadAChatAtOnce(t *testing.T) {
	c := open(t, zipped(t, "_chat.txt", chatOf(200)), Options{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			n := 0
			for _, err := range c.Messages() {
				if err != nil {
					t.Error(err)
				}
				if n++; n == 150 {
					break // and the rest is not asked for
				}
			}
			if n != 150 {
				t.Errorf("%d messages, want 150", n)
			}
		})
	}
	wg.Wait()
}

func TestUTF16WithoutItsMark(t *testing.T) {
	for name, file := range map[string]string{"little-endian": utf16le(small)[2:], "big-endian": utf16be(small)[2:]} {
		t.Run(name, func(t *testing.T) {
			compare(t, open(t, file, Options{}), []Message{
				says("2022-12-31 10:00", "Ayu", "hi"), says("2022-12-31 10:01", "Luzia", "hello"),
			})
		})
	}
}
