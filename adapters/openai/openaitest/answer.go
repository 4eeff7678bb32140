package openaitest

import (
	"net/http"
	"time"
)

// An Answer is what a request gets. The zero Answer is an empty one, properly ended.
type Answer struct {
	// Text is streamed word by word, or Pieces as they are: bytes that are not UTF-8 are sent as such,
	// as by servers that cut between tokens rather than runes.
	Text   string
	Pieces []string
	// Reasoning comes before the text, word by word, under ReasoningField: reasoning_content if it is
	// empty (DeepSeek, llama.cpp), or reasoning (OpenRouter, Groq).
	Reasoning      string
	ReasoningField string
	// Finish is the finish reason: "stop" if it is empty, and none at all if it is NoFinish.
	Finish string
	// NoUsage leaves the usage out even where it is asked for.
	NoUsage bool
	// Pace is how fast it comes.
	Pace Pace
	// Gate, where it is not nil, holds the answer back before its headers until it is closed.
	Gate <-chan struct{}
	// Then happens after so many pieces of reasoning and text, or, where After is BeforeHeaders,
	// instead of everything.
	Then  Trouble
	After int
	// Failure, where it is not nil, is the answer.
	Failure *Failure
}

// NoFinish as Finish sends no finish reason: the stream just ends with its [DONE].
const NoFinish = "none"

// A Pace is the speed of an answer. The zero Pace is at once.
type Pace struct {
	First time.Duration // until the first piece
	Every time.Duration // between two pieces
	Total time.Duration // from the start to the end, by stretching Every; not below what the others take
	// Comments sends a comment so often while it waits, as OpenRouter does.
	Comments time.Duration
}

// A Trouble is something that goes wrong with a stream.
type Trouble int

// The troubles.
const (
	Nothing Trouble = iota
	Cut             // the connection is closed in the middle of the body
	Reset           // the connection is reset, if it is TCP
	Hang            // silence, until the client goes
	Stop            // the stream ends in good order, but without a finish reason and [DONE]
	Error           // an event with an error, as OpenAI sends when it fails while it answers
)

// BeforeHeaders is what After has to be for trouble to come before anything is sent.
const BeforeHeaders = -1

// A Failure is an answer that is no stream.
type Failure struct {
	Status     int
	RetryAfter string // the header, as it is: seconds or a date
	// Code, Type, Param and Message are what OpenAI puts into its errors.
	Code, Type, Param, Message string
	// Body, with its ContentType, is sent instead, if it is not empty.
	Body, ContentType string
}

// Throttled is OpenAI's 429 for too many requests, with a Retry-After.
func Throttled(retryAfter string) Answer {
	return Answer{Failure: &Failure{
		Status: http.StatusTooManyRequests, RetryAfter: retryAfter, Code: "rate_limit_exceeded", Type: "requests",
		Message: "Rate limit reached for requests. Please try again later.",
	}}
}

// Overloaded is OpenAI's 503, with a Retry-After.
func Overloaded(retryAfter string) Answer {
	return Answer{Failure: &Failure{
		Status: http.StatusServiceUnavailable, RetryAfter: retryAfter, Type: "service_unavailable",
		Message: "The engine is currently overloaded, please try again later.",
	}}
}

// Unpaid is OpenAI's 429 for an account that has nothing left.
func Unpaid() Answer {
	return Answer{Failure: &Failure{
		Status: http.StatusTooManyRequests, Code: "insufficient_quota", Type: "insufficient_quota",
		Message: "You exceeded your current quota, please check your plan and billing details.",
	}}
}

// Broken is OpenAI's 500.
func Broken() Answer {
	return Answer{Failure: &Failure{
		Status: http.StatusInternalServerError, Type: "server_error",
		Message: "The server had an error while processing your request. Sorry about that!",
	}}
}

// WebPage is what a proxy in front of a server answers: HTML.
func WebPage(status int) Answer {
	return Answer{Failure: &Failure{
		Status: status, ContentType: "text/html; charset=utf-8",
		Body: "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n",
	}}
}

// Raw is a stream of exactly these bytes.
func Raw(stream string) Answer {
	return Answer{Failure: &Failure{Status: http.StatusOK, ContentType: "text/event-stream; charset=utf-8", Body: stream}}
}
