package sessions

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Config are the settings of the store in Redis.
type Config struct {
	RedisURL          string        `name:"redis-url" env:"REDIS_URL" secret:"true" help:"Where Redis is: redis://, rediss:// or unix://; further hosts as addr=HOST:PORT in the query."`
	RedisMode         string        `name:"redis-mode" env:"REDIS_MODE" default:"single" enum:"single,cluster,sentinel" help:"What kind of Redis it is: single, cluster or sentinel (then with master_name= in the query of REDIS_URL)."`
	Durability        string        `name:"durability" env:"DURABILITY" default:"process" enum:"process,replica" help:"When a platform is told that a message was taken in: process (Redis has it) or replica (one of its replicas has it too)."`
	HistoryTTL        time.Duration `name:"history-ttl" env:"HISTORY_TTL" default:"4320h" help:"How long a person's data is kept after their latest message."`
	HistoryMaxEntries int           `name:"history-max-entries" env:"HISTORY_MAX_ENTRIES" default:"1000" help:"How many entries of one person's history are kept; the oldest go first."`

	// ReadAhead is how many bytes of the history a lease carries in Latest; 0: none.
	ReadAhead int `kong:"-"`

	// Secret is the key of the hashes that are left of people who were forgotten. Where it is empty,
	// one is made and kept in the store.
	Secret []byte `kong:"-"`
}

// Check returns an error that names the first setting that is wrong, and the mend. It quotes nothing
// of the URL, which holds a password.
func (c *Config) Check() error {
	switch {
	case c.RedisURL == "":
		return errors.New("REDIS_URL is not set: set it, such as redis://127.0.0.1:6379, or try Ferry out with STORE=memory")
	case c.RedisMode != "single" && c.RedisMode != "cluster" && c.RedisMode != "sentinel":
		return fmt.Errorf("REDIS_MODE is %q: set it to single, cluster or sentinel", c.RedisMode)
	case c.Durability != "process" && c.Durability != "replica":
		return fmt.Errorf("DURABILITY is %q: set it to process or replica", c.Durability)
	case c.HistoryTTL < time.Second:
		return fmt.Errorf("HISTORY_TTL is %s: set it to a second or more, such as 4320h", c.HistoryTTL)
	case c.HistoryMaxEntries < 1:
		return fmt.Errorf("HISTORY_MAX_ENTRIES is %d: set it to 1 or more", c.HistoryMaxEntries)
	}
	_, err := c.client(nil)
	return err
}

// poolSize is how many connections a process has at most, unless REDIS_URL has a pool_size: few,
// since a call takes a fraction of a millisecond, but more than those that block in WAIT.
const poolSize = 64

// A dialer makes connections another way than usual, in tests.
type dialer = redisDialer

// client returns a client that has not connected yet.
func (c *Config) client(dial dialer) (redis.UniversalClient, error) {
	u, err := url.Parse(c.RedisURL)
	if err != nil {
		return nil, errors.New("REDIS_URL is no URL: write it like redis://:PASSWORD@HOST:6379/0, with special characters of the password percent-encoded")
	}
	query := u.Query()
	several, master := query.Has("addr"), query.Get("master_name") != ""
	switch {
	case u.Scheme != "redis" && u.Scheme != "rediss" && u.Scheme != "unix":
		return nil, errors.New("REDIS_URL has no scheme that is known: begin it with redis://, rediss:// or unix://")
	case u.Scheme == "unix" && c.RedisMode != "single":
		return nil, fmt.Errorf("REDIS_URL names a socket, which REDIS_MODE=%s cannot have: begin it with redis:// or rediss://", c.RedisMode)
	case c.RedisMode == "single" && master:
		return nil, errors.New("REDIS_URL has a master_name, but REDIS_MODE is single: set REDIS_MODE to sentinel, or leave it out")
	case c.RedisMode == "single" && several:
		return nil, errors.New("REDIS_URL names several hosts, but REDIS_MODE is single: set REDIS_MODE to cluster or sentinel, or name one")
	case c.RedisMode == "sentinel" && !master:
		return nil, errors.New("REDIS_URL has no master_name, which REDIS_MODE=sentinel needs: add master_name=NAME to its query")
	}
	var client redis.UniversalClient
	switch c.RedisMode {
	case "cluster":
		var o *redis.ClusterOptions
		if o, err = redis.ParseClusterURL(c.RedisURL); err == nil {
			o.Protocol, o.ContextTimeoutEnabled, o.DisableIdentity, o.Dialer = protocol, true, true, dial
			o.MaintNotificationsConfig = noNotifications()
			o.PoolSize = orElse(o.PoolSize, poolSize)
			client = redis.NewClusterClient(o)
		}
	case "sentinel":
		var o *redis.FailoverOptions
		if o, err = redis.ParseFailoverURL(c.RedisURL); err == nil {
			o.Protocol, o.ContextTimeoutEnabled, o.DisableIdentity, o.Dialer = protocol, true, true, dial
			o.PoolSize = orElse(o.PoolSize, poolSize)
			client = redis.NewFailoverClient(o)
		}
	default:
		var o *redis.Options
		if o, err = redis.ParseURL(c.RedisURL); err == nil {
			o.Protocol, o.ContextTimeoutEnabled, o.DisableIdentity, o.Dialer = protocol, true, true, dial
			o.MaintNotificationsConfig = noNotifications()
			o.PoolSize = orElse(o.PoolSize, poolSize)
			client = redis.NewClient(o)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL is not understood (%s): see the parameters in the handbook", parseFault(err))
	}
	return client, nil
}

// protocol is that of Redis 2: the answers of scripts are the same in both, and every proxy knows it.
const protocol = 2

func noNotifications() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

func orElse(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// parseFault says what the library does not understand of a URL, without quoting the URL.
func parseFault(err error) string {
	for _, known := range []string{"invalid database number", "unexpected option", "unable to parse addr", "invalid URL path", "invalid URL scheme"} {
		if strings.Contains(err.Error(), known) {
			return known
		}
	}
	return "a parameter is wrong"
}
