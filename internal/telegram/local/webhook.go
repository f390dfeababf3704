package local

import (
	"net/url"
	"regexp"
)

// webhook is where updates are pushed. An empty URL means polling.
type webhook struct {
	URL         string `json:"url,omitempty"`
	Secret      string `json:"secret,omitempty"`
	Connections int    `json:"connections,omitempty"`
	ErrorAt     int64  `json:"error_at,omitempty"`
	Error       string `json:"error,omitempty"`
}

var secretPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// setWebhook turns pushing on. Only this machine is pushed to.
func (s *Server) setWebhook(c *call) (any, error) {
	address := c.params["url"]
	if address == "" {
		return s.deleteWebhook(c)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, badRequest("bad webhook: invalid webhook URL specified")
	}
	if !isLoopbackHost(u.Hostname()) {
		c.warn("the local Telegram pushes to loopback addresses only")
		return nil, badRequest("bad webhook: Failed to resolve host: only loopback hosts can be reached")
	}
	if u.Scheme == "http" {
		c.warn("a real Telegram takes https webhooks only")
	}
	secret := c.params["secret_token"]
	if secret != "" && !secretPattern.MatchString(secret) {
		return nil, badRequest("secret token contains unallowed characters")
	}
	if err := c.bot.allow(c.params); err != nil {
		return nil, err
	}
	connections := int(c.params.int64("max_connections"))
	if connections < 1 || connections > 100 {
		connections = 40
	}
	if c.params.flag("drop_pending_updates") {
		c.bot.Queue = nil
	}
	if c.bot.poll != nil {
		close(c.bot.poll.kicked)
		c.bot.poll = nil
	}
	c.bot.Webhook = webhook{URL: address, Secret: secret, Connections: connections}
	s.startCourier(c.bot)
	s.touch()
	c.note = "Webhook was set"
	return true, nil
}

// deleteWebhook goes back to polling.
func (s *Server) deleteWebhook(c *call) (any, error) {
	c.note = "Webhook was deleted"
	if c.bot.Webhook.URL == "" {
		c.note = "Webhook is already deleted"
	}
	if c.params.flag("drop_pending_updates") {
		c.bot.Queue = nil
	}
	c.bot.stopCourier()
	c.bot.Webhook = webhook{}
	s.touch()
	return true, nil
}

// getWebhookInfo describes the webhook and how it fares.
func (s *Server) getWebhookInfo(c *call) (any, error) {
	info := map[string]any{
		"url": c.bot.Webhook.URL, "has_custom_certificate": false, "pending_update_count": len(c.bot.Queue),
	}
	if c.bot.Webhook.URL != "" {
		info["max_connections"] = c.bot.Webhook.Connections
		info["ip_address"] = "127.0.0.1"
	}
	if c.bot.Webhook.Error != "" {
		info["last_error_date"] = c.bot.Webhook.ErrorAt
		info["last_error_message"] = c.bot.Webhook.Error
	}
	if len(c.bot.Allowed) > 0 {
		info["allowed_updates"] = c.bot.Allowed
	}
	return info, nil
}
