package telegramtest

// A Group is a chat of several people.
type Group struct {
	ID    int64 // below zero; of a supergroup, and of a group with topics, below -1000000000000
	Title string
	// Topics says that it is a forum: what is written is in a topic, or in General.
	Topics bool
	// HearsAll lets the bot hear what is not said to it, as where its privacy mode is off
	// (https://core.telegram.org/bots/features#privacy-mode). Else it hears commands and replies to it.
	HearsAll bool
}

// Join puts the bot into a group in which it hears what is said to it.
func (s *Server) Join(id int64, title string) { s.JoinGroup(Group{ID: id, Title: title}) }

// JoinGroup puts the bot into a group, or back into one.
func (s *Server) JoinGroup(g Group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[g.ID]
	if c == nil {
		c = &chat{refuses: "Forbidden: bot is not a member of the group chat"}
		s.chats[g.ID] = c
	}
	c.group = &g
	if g.Topics && c.topics == nil {
		c.topics = map[int]string{}
		c.messages++ // the first is that the group was made, and 1 the topic General
	}
	s.stand(g.ID, s.person(0), "member", "")
}

// Kick removes the bot from a group. It hears of it.
func (s *Server) Kick(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stand(id, s.person(0), "kicked", "Forbidden: bot was kicked from the group chat")
}

// OpenTopic has somebody open a topic in a group, and returns its id.
func (s *Server) OpenTopic(group, by int64, name string) int {
	defer s.showAll()
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[group]
	body := s.bodyOf(c, group, Post{By: by})
	body["forum_topic_created"] = map[string]any{"name": name, "icon_color": 7322096}
	k := c.keep(Message{Chat: group, From: by, At: s.now()}, body)
	k.Topic = k.ID
	body["message_thread_id"], body["is_topic_message"] = k.ID, true
	c.topics[k.ID] = name
	s.add("message", body, group)
	return k.ID
}

// DeleteTopic deletes a topic.
func (s *Server) DeleteTopic(group int64, topic int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.chats[group].topics, topic)
}

// Upgrade makes a group a supergroup, as Telegram does when it gets some settings, and returns its id. Both
// groups tell of it, and nothing can be sent to the old one any more.
func (s *Server) Upgrade(group int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.chats[group]
	id := superBelow + group
	g := *old.group
	g.ID = id
	s.chats[id] = &chat{group: &g}
	tell := func(c *chat, in int64, field string, other int64) {
		body := s.bodyOf(c, in, Post{By: 1})
		body[field] = other
		c.keep(Message{Chat: in, From: 1, At: s.now()}, body)
		s.add("message", body, in)
	}
	tell(old, group, "migrate_to_chat_id", id)
	tell(s.chats[id], id, "migrate_from_chat_id", group)
	old.movedTo = id
	return id
}
