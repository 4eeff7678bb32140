package sessions

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// The version of the data's format. During an upgrade processes of neighbouring versions run side by
// side: a version may write what the one before cannot read only if every process of the one before
// is gone, so it raises minReader one version later than it begins to understand a change.
const (
	formatVersion = 1
	// minReader is the oldest version that can read what this one writes.
	minReader = 1
	// oldestRead is the oldest version whose data this one can read.
	oldestRead = 1
)

// Open connects to Redis and agrees with the other processes on what is there. It logs warnings
// about a Redis that is not set up to keep what it is given.
func Open(ctx context.Context, c Config, log *slog.Logger) (*Redis, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	logLibrary(log)
	client, err := c.client(nil)
	if err != nil {
		return nil, err
	}
	return open(ctx, c, client, newScripts(lua("clock")), log)
}

// logLibrary has the library's own lines, of connections that broke and the like, go to the log of
// whoever opens a store first: the library has one for the whole program, and no way to tell when it
// is safe to change it.
var logLibrary = func() func(*slog.Logger) {
	var once sync.Once
	return func(log *slog.Logger) {
		once.Do(func() { redis.SetLogger(libraryLog{log}) })
	}
}()

type libraryLog struct{ log *slog.Logger }

func (l libraryLog) Printf(ctx context.Context, format string, v ...any) {
	if l.log.Enabled(ctx, slog.LevelDebug) {
		l.log.DebugContext(ctx, fmt.Sprintf(format, v...))
	}
}

func open(ctx context.Context, c Config, client redis.UniversalClient, s *scripts, log *slog.Logger) (*Redis, error) {
	r := &Redis{
		client:     client,
		scripts:    s,
		durable:    c.Durability == "replica",
		historyTTL: c.HistoryTTL,
		maxEntries: c.HistoryMaxEntries,
		readAhead:  c.ReadAhead,
		secret:     c.Secret,
	}
	err := r.Ping(ctx)
	if err != nil {
		err = fmt.Errorf("%w: check REDIS_URL and whether Redis runs", err)
	} else {
		err = r.agree(ctx, log)
	}
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	r.warn(ctx, log)
	return r, nil
}

// agree checks that this process and the data fit together, and leaves what others have to fit to.
func (r *Redis) agree(ctx context.Context, log *slog.Logger) error {
	made := make([]byte, 32)
	rand.Read(made)
	pipe := r.client.TxPipeline()
	pipe.HSetNX(ctx, metaKey, "shards", shards)
	pipe.HSetNX(ctx, metaKey, "version", formatVersion)
	pipe.HSetNX(ctx, metaKey, "min_reader", minReader)
	if len(r.secret) == 0 {
		pipe.HSetNX(ctx, metaKey, "secret", hex.EncodeToString(made))
	}
	all := pipe.HGetAll(ctx, metaKey)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("read what the store was made with: %w", err)
	}
	meta := all.Val()
	if err := fits(meta); err != nil {
		return err
	}
	if len(r.secret) == 0 {
		var err error
		if r.secret, err = hex.DecodeString(meta["secret"]); err != nil {
			return errors.New("the secret in the store cannot be read: set SECRET_KEY")
		}
		log.Warn("SECRET_KEY is not set, so one was made and lies in the store: whoever has a copy of the store has it too. Set SECRET_KEY to 32 random bytes in base64")
	}
	pipe = r.client.TxPipeline()
	check := r.hash("check")[:16]
	pipe.HSetNX(ctx, metaKey, "check", check)
	first := pipe.HGet(ctx, metaKey, "check")
	if meta["version"] < strconv.Itoa(formatVersion) {
		pipe.HSet(ctx, metaKey, "version", formatVersion, "min_reader", minReader)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("note what the store is used with: %w", err)
	}
	if !bytes.Equal([]byte(first.Val()), []byte(check)) {
		log.Warn("SECRET_KEY is not the one that the store was first used with: people who were forgotten are no longer known as such. Set it to what it was")
	}
	return nil
}

// ErrIncompatible says that the data in the store is not for this version of Ferry. Trying again does not
// help.
var ErrIncompatible = errors.New("the data in the store does not fit")

// fits returns an error if data that was made as meta says is not for this process.
func fits(meta map[string]string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrIncompatible, err)
		}
	}()
	var n [3]int
	for i, name := range []string{"shards", "version", "min_reader"} {
		var err error
		if n[i], err = strconv.Atoi(meta[name]); err != nil {
			return fmt.Errorf("the store's %s cannot be read: point REDIS_URL at a Redis, or a database of it, that Ferry has for itself", name)
		}
	}
	switch {
	case n[0] != shards:
		return fmt.Errorf("the store has its data in %d shards, this version of Ferry in %d: run the version that made it, or use another Redis", n[0], shards)
	case n[2] > formatVersion:
		return fmt.Errorf("the store is of format %d, which this version of Ferry (format %d) cannot read: run a newer version", n[1], formatVersion)
	case n[1] < oldestRead:
		return fmt.Errorf("the store is of format %d, which this version of Ferry (format %d) no longer reads: run the versions between one after the other", n[1], formatVersion)
	}
	return nil
}

// warn logs what about Redis endangers what it is given.
func (r *Redis) warn(ctx context.Context, log *slog.Logger) {
	info, err := r.client.Info(ctx).Result()
	if err != nil {
		log.Warn("Redis may not tell how it is set up (INFO), so it could not be checked: see to maxmemory-policy noeviction and appendonly yes", "error", err)
		return
	}
	field := func(name string) string {
		_, rest, _ := strings.Cut(info, "\n"+name+":")
		value, _, _ := strings.Cut(rest, "\r\n")
		return value
	}
	if policy := field("maxmemory_policy"); policy != "noeviction" && policy != "" {
		log.Warn("Redis may throw away messages when its memory is full: set maxmemory-policy to noeviction", "maxmemory-policy", policy)
	}
	if r.durable && field("connected_slaves") == "0" {
		log.Warn("DURABILITY is replica, but no replica is connected to Redis: nothing is taken in until one is. Connect one, or set DURABILITY to process")
	}
	if field("aof_enabled") == "1" {
		return
	}
	save, err := r.client.ConfigGet(ctx, "save").Result()
	switch {
	case err != nil:
		log.Warn("Redis writes no append-only file, and it could not be checked whether it saves otherwise (CONFIG is not allowed): set appendonly to yes")
	case save["save"] == "":
		log.Warn("Redis keeps nothing on disk: everything is lost when it restarts. Set appendonly to yes")
	default:
		log.Warn("Redis saves only now and then: what came since is lost when it dies. Set appendonly to yes", "save", save["save"])
	}
}
