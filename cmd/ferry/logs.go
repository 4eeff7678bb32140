package main

import (
	"io"
	"log/slog"
	"os"
)

// newLogger returns the logger that LOG_FORMAT and LOG_LEVEL ask for.
func newLogger(w io.Writer, format, level string) *slog.Logger {
	var least slog.Level
	// Check has seen to it that there is such a level; the zero value is info.
	_ = least.UnmarshalText([]byte(level))
	options := &slog.HandlerOptions{Level: least}
	if format == "text" || format == "auto" && terminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// terminal reports whether somebody sits in front of a reader or writer.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
