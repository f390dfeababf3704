package telegram

// Keyboard is an inline keyboard, row by row. A nil keyboard sends none; EmptyKeyboard
// takes the buttons off an edited message.
type Keyboard struct {
	Rows [][]Button `json:"inline_keyboard"`
}

// Button does exactly one thing: a callback, an address or a Mini App.
type Button struct {
	Text     string  `json:"text"`
	Callback string  `json:"callback_data,omitempty"` // at most 64 bytes
	URL      string  `json:"url,omitempty"`
	WebApp   *WebApp `json:"web_app,omitempty"` // private chats only
}

// WebApp is the Mini App a button opens.
type WebApp struct {
	URL string `json:"url"`
}

// EmptyKeyboard removes a message's buttons.
func EmptyKeyboard() *Keyboard { return &Keyboard{Rows: [][]Button{}} }

// Row makes one row of buttons.
func Row(buttons ...Button) []Button { return buttons }

// SendMessage are the parameters of sendMessage.
type SendMessage struct {
	ChatID   int64        `json:"chat_id"`
	ThreadID int64        `json:"message_thread_id,omitempty"`
	Text     string       `json:"text"`
	Mode     string       `json:"parse_mode,omitempty"`
	Silent   bool         `json:"disable_notification,omitempty"`
	Protect  bool         `json:"protect_content,omitempty"` // can't be forwarded or saved
	Reply    *Reply       `json:"reply_parameters,omitempty"`
	Preview  *LinkPreview `json:"link_preview_options,omitempty"`
	Keyboard *Keyboard    `json:"reply_markup,omitempty"`
}

// Reply names the message that is answered.
type Reply struct {
	MessageID    int64 `json:"message_id"`
	AllowMissing bool  `json:"allow_sending_without_reply,omitempty"`
}

// LinkPreview turns the preview of links off.
type LinkPreview struct {
	Disabled bool `json:"is_disabled"`
}

// EditMessage are the parameters of editMessageText.
type EditMessage struct {
	ChatID    int64        `json:"chat_id"`
	MessageID int64        `json:"message_id"`
	Text      string       `json:"text"`
	Mode      string       `json:"parse_mode,omitempty"`
	Preview   *LinkPreview `json:"link_preview_options,omitempty"`
	Keyboard  *Keyboard    `json:"reply_markup,omitempty"`
}

// AnswerCallback are the parameters of answerCallbackQuery. Text is at most 200 characters.
type AnswerCallback struct {
	ID    string `json:"callback_query_id"`
	Text  string `json:"text,omitempty"`
	Alert bool   `json:"show_alert,omitempty"`
}

// Sent is the part of a sent message that is needed later.
type Sent struct {
	MessageID int64 `json:"message_id"`
}

// SendDice are the parameters of sendDice: Telegram chooses the value.
type SendDice struct {
	ChatID   int64  `json:"chat_id"`
	ThreadID int64  `json:"message_thread_id,omitempty"`
	Emoji    string `json:"emoji"`
	Reply    *Reply `json:"reply_parameters,omitempty"`
}

// Thrown is the part of a message with dice that is needed later.
type Thrown struct {
	MessageID int64 `json:"message_id"`
	Dice      struct {
		Value int64 `json:"value"`
	} `json:"dice"`
}

// BotCommand is one line of a bot's command menu.
type BotCommand struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

// CommandScope says who sees a command menu, for example "all_private_chats".
type CommandScope struct {
	Type string `json:"type"`
}

// SetCommands are the parameters of setMyCommands.
type SetCommands struct {
	Commands []BotCommand  `json:"commands"`
	Scope    *CommandScope `json:"scope,omitempty"`
	Language string        `json:"language_code,omitempty"`
}

// ModeHTML is the parse mode of every text the bot sends.
const ModeHTML = "HTML"
