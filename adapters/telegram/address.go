package telegram

import (
	"fmt"
	"strconv"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"ferry/bridge"
)

// A place is where messages are written: a chat, and in a group with topics one of these. What is outside of
// all topics, which people see as the topic General, is topic 0.
type place struct {
	chat  int64
	topic int
}

// generalTopic is the id of the topic General where Telegram gives it one. Nothing can be sent to it by that.
const generalTopic = 1

// address returns the bridge's name of a place: telegram:CHAT, or telegram:CHAT:TOPIC.
func (p place) address() bridge.Address {
	id := strconv.FormatInt(p.chat, 10)
	if p.topic != 0 {
		id += ":" + strconv.Itoa(p.topic)
	}
	return bridge.Address{Channel: channelName, ID: id}
}

// private reports whether it is a chat with one person. The ids of groups are below zero.
func (p place) private() bool { return p.chat > 0 }

// params returns the parameters that name the place.
func (p place) params() tgbotapi.Params {
	out := tgbotapi.Params{"chat_id": strconv.FormatInt(p.chat, 10)}
	if p.topic != 0 {
		out["message_thread_id"] = strconv.Itoa(p.topic)
	}
	return out
}

// place returns where an address is. A group that is known to have become a supergroup is found there.
func (c *Channel) place(to bridge.Address) (place, error) {
	chat, topic, hasTopic := strings.Cut(to.ID, ":")
	var p place
	var err error
	if p.chat, err = strconv.ParseInt(chat, 10, 64); err == nil && hasTopic {
		p.topic, err = strconv.Atoi(topic)
	}
	if err != nil || to.Channel != channelName || hasTopic && p.topic <= 0 {
		return place{}, &bridge.SendError{Reason: bridge.Rejected, Err: fmt.Errorf("%s is not the address of a Telegram chat", to)}
	}
	if moved, ok := c.moved.Load(p.chat); ok {
		p = place{chat: moved.(int64)}
	}
	return p, nil
}
