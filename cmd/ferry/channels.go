package main

import (
	"log/slog"

	"ferry/adapters/sms"
	"ferry/adapters/telegram"
	"ferry/adapters/web"
	"ferry/adapters/whatsapp"
	"ferry/bridge"
)

// channels is THE LIST: a channel is a folder of adapters and a line here.
func channels() []registration {
	return []registration{
		assistant("telegram", telegram.New),
		assistant("web", web.New),
		assistant("sms", sms.New),
		redirect("whatsapp", whatsapp.New),
	}
}

// A registration is a channel that can be switched on by its settings.
type registration struct {
	name   string
	config channelConfig
	open   func(*slog.Logger) (opened, error)
	silent bool // no assistant may speak there
}

// An opened is a channel that is on: one of the two.
type opened struct {
	channel  bridge.Channel
	redirect bridge.Redirect
}

// A channelConfig is a pointer to the settings of a channel: a struct as the type settings
// describes. Its fields that are no settings of its own, and are called as a field of program or
// bridge.Settings, are filled in with that; a field ChannelsOn with the names of the channels that are
// on, and a field Texts with what Ferry says.
type channelConfig interface {
	// Enabled reports whether there is enough to switch the channel on.
	Enabled() bool
	// Check returns what is wrong, in one sentence that names the setting and the mend.
	Check() error
}

// A switchedConfig is that of a channel with a switch, which may be off whatever else is set.
type switchedConfig interface{ Off() bool }

// assistant registers a channel where the assistant talks. Build makes it of its settings; it talks
// to nobody yet, and where a setting is missing it says which one.
func assistant[C any, P interface {
	*C
	channelConfig
}, Ch bridge.Channel](name string, build func(C, *slog.Logger) (Ch, error)) registration {
	cfg := new(C)
	return registration{
		name:   name,
		config: P(cfg),
		open: func(log *slog.Logger) (opened, error) {
			ch, err := build(*cfg, log.With("channel", name))
			return opened{channel: ch}, err
		},
	}
}

// redirect registers a channel where no assistant may speak. There is no way from here to a model.
func redirect[C any, P interface {
	*C
	channelConfig
}, R bridge.Redirect](name string, build func(C, *slog.Logger) (R, error)) registration {
	cfg := new(C)
	return registration{
		name:   name,
		config: P(cfg),
		open: func(log *slog.Logger) (opened, error) {
			r, err := build(*cfg, log.With("channel", name))
			return opened{redirect: r}, err
		},
		silent: true,
	}
}
