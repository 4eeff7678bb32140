package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Cluster starts three masters that share the slots, and returns their URL and them. Each goes on with
// its own where another one is away.
func Cluster(t testing.TB) (url string, servers []*Server) {
	t.Helper()
	const nodes, slots = 3, 16384
	for range nodes {
		servers = append(servers, NewTCP(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "5000",
			"--cluster-require-full-coverage", "no"))
	}
	ctx := context.Background()
	for i, s := range servers {
		c := s.Client()
		defer c.Close()
		first, next := i*slots/nodes, (i+1)*slots/nodes
		if err := c.ClusterAddSlotsRange(ctx, first, next-1).Err(); err != nil {
			t.Fatal(err)
		}
		host, port, _ := net.SplitHostPort(servers[0].Addr())
		if err := c.ClusterMeet(ctx, host, port).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range servers {
		c := s.Client()
		defer c.Close()
		Eventually(t, "the cluster is whole", func(ctx context.Context) error {
			info, err := c.ClusterInfo(ctx).Result()
			// without full coverage, a state is ok before all slots are known
			if err == nil && !(strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_slots_ok:%d", slots))) {
				err = errors.New("not yet")
			}
			return err
		})
	}
	return fmt.Sprintf("redis://%s?addr=%s&addr=%s", servers[0].Addr(), servers[1].Addr(), servers[2].Addr()), servers
}

// Sentinels are a master with a replica, and three Sentinels that watch over them.
type Sentinels struct {
	Master, Replica *Server
	sentinels       []*Server
}

// masterName is what the Sentinels call the master.
const masterName = "ferry"

// NewSentinels starts them, and returns when the replica has all that the master has.
func NewSentinels(t testing.TB) *Sentinels {
	t.Helper()
	s := &Sentinels{Master: NewTCP(t), Replica: NewTCP(t)}
	host, port, _ := net.SplitHostPort(s.Master.Addr())
	s.Replica.Follow(s.Master)
	for range 3 {
		s.sentinels = append(s.sentinels, newSentinel(t, host, port))
	}
	for _, one := range s.sentinels {
		c := one.Client()
		defer c.Close()
		Eventually(t, "the sentinels know each other and the replica", func(ctx context.Context) error {
			info, err := c.Info(ctx, "sentinel").Result()
			if err == nil && !strings.Contains(info, "slaves=1,sentinels=3") {
				err = errors.New("not yet")
			}
			return err
		})
	}
	return s
}

// newSentinel starts a Sentinel, which wants a file of its own to write to.
func newSentinel(t testing.TB, host, port string) *Server {
	t.Helper()
	own := freePort(t)
	dir := shortDir(t)
	file := filepath.Join(dir, "sentinel.conf")
	config := fmt.Sprintf("port %s\nbind 127.0.0.1\ndir %s\nsentinel monitor %s %s %s 2\nsentinel down-after-milliseconds %s 2000\nsentinel failover-timeout %s 5000\n",
		own, dir, masterName, host, port, masterName, masterName)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, dir: dir, addr: "127.0.0.1:" + own, args: []string{file, "--sentinel"}}
	s.run()
	t.Cleanup(s.end)
	return s
}

// FailOver kills the master, and returns when every Sentinel names its replica as the master.
func (s *Sentinels) FailOver() {
	t := s.Master.t
	t.Helper()
	s.Replica.Synced()
	s.Master.Kill()
	for _, one := range s.sentinels {
		c := redis.NewSentinelClient(one.options())
		defer c.Close()
		Eventually(t, "a sentinel names the replica as the master", func(ctx context.Context) error {
			addr, err := c.GetMasterAddrByName(ctx, masterName).Result()
			if err == nil && net.JoinHostPort(addr[0], addr[1]) != s.Replica.Addr() {
				err = errors.New("not yet")
			}
			return err
		})
	}
}

// Rejoin starts the master that was killed, as a replica of the one that has taken its place. It
// returns when it is in sync.
func (s *Sentinels) Rejoin() {
	s.Master.t.Helper()
	host, port, _ := net.SplitHostPort(s.Replica.Addr())
	s.Master.args = append(s.Master.args, "--replicaof", host+" "+port)
	s.Master.Restart()
	s.Master.Synced()
}

// URL returns where the Sentinels are, with the name of their master.
func (s *Sentinels) URL() string {
	return fmt.Sprintf("redis://%s?addr=%s&addr=%s&master_name=%s",
		s.sentinels[0].Addr(), s.sentinels[1].Addr(), s.sentinels[2].Addr(), masterName)
}
