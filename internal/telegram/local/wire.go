package local

// User is a person or a bot, as the Bot API writes it.
type User struct {
	ID           int64  `json:"id"`
	IsBot        bool   `json:"is_bot"`
	FirstName    string `json:"first_name"`
	LastName     string `json:"last_name,omitempty"`
	Username     string `json:"username,omitempty"`
	LanguageCode string `json:"language_code,omitempty"`
}

// Chat is a chat as the Bot API writes it.
type Chat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"`
	Title     string `json:"title,omitempty"`
	Username  string `json:"username,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	IsForum   bool   `json:"is_forum,omitempty"`
}

// Entity formats a part of a text. Offset and Length count UTF-16 code units.
type Entity struct {
	Type     string `json:"type"`
	Offset   int    `json:"offset"`
	Length   int    `json:"length"`
	URL      string `json:"url,omitempty"`
	Language string `json:"language,omitempty"`
}

// Button is one inline button.
type Button struct {
	Text         string    `json:"text"`
	CallbackData string    `json:"callback_data,omitempty"`
	URL          string    `json:"url,omitempty"`
	WebApp       *WebApp   `json:"web_app,omitempty"`
	CopyText     *CopyText `json:"copy_text,omitempty"`
	Pay          bool      `json:"pay,omitempty"`
}

// WebApp is the Mini App a button opens.
type WebApp struct {
	URL string `json:"url"`
}

// CopyText is what a button puts on the clipboard.
type CopyText struct {
	Text string `json:"text"`
}

// Keyboard is an inline keyboard, row by row.
type Keyboard struct {
	Rows [][]Button `json:"inline_keyboard"`
}

// Dice is an animated value that Telegram's server chose.
type Dice struct {
	Emoji string `json:"emoji"`
	Value int    `json:"value"`
}

// Invoice asks for a payment. Amounts are in the currency's minor unit; Stars have none.
type Invoice struct {
	Title          string `json:"title"`
	Description    string `json:"description"`
	StartParameter string `json:"start_parameter"`
	Currency       string `json:"currency"`
	TotalAmount    int64  `json:"total_amount"`
}

// Payment is a completed or a refunded payment.
type Payment struct {
	Currency       string `json:"currency"`
	TotalAmount    int64  `json:"total_amount"`
	Payload        string `json:"invoice_payload"`
	ChargeID       string `json:"telegram_payment_charge_id"`
	ProviderCharge string `json:"provider_payment_charge_id"`
}

// Topic is the service note that opens a forum topic.
type Topic struct {
	Name      string `json:"name"`
	IconColor int    `json:"icon_color"`
}

// Message is a message as the Bot API writes it.
type Message struct {
	MessageID   int64     `json:"message_id"`
	ThreadID    int64     `json:"message_thread_id,omitempty"`
	From        *User     `json:"from,omitempty"`
	Chat        Chat      `json:"chat"`
	Date        int64     `json:"date"`
	EditDate    int64     `json:"edit_date,omitempty"`
	IsTopic     bool      `json:"is_topic_message,omitempty"`
	ReplyTo     *Message  `json:"reply_to_message,omitempty"`
	Text        string    `json:"text,omitempty"`
	Entities    []Entity  `json:"entities,omitempty"`
	ReplyMarkup *Keyboard `json:"reply_markup,omitempty"`
	Dice        *Dice     `json:"dice,omitempty"`
	Invoice     *Invoice  `json:"invoice,omitempty"`
	Paid        *Payment  `json:"successful_payment,omitempty"`
	Refunded    *Payment  `json:"refunded_payment,omitempty"`
	Pinned      *Message  `json:"pinned_message,omitempty"`
	NewMembers  []User    `json:"new_chat_members,omitempty"`
	LeftMember  *User     `json:"left_chat_member,omitempty"`
	MigrateTo   int64     `json:"migrate_to_chat_id,omitempty"`
	MigrateFrom int64     `json:"migrate_from_chat_id,omitempty"`
	TopicOpened *Topic    `json:"forum_topic_created,omitempty"`
}

// ChatMember is somebody's standing in a chat.
type ChatMember struct {
	User   User
	Status string
}

// MarshalJSON writes the fields that belong to the status, as Telegram does.
func (m ChatMember) MarshalJSON() ([]byte, error) {
	fields := map[string]any{"user": m.User, "status": m.Status}
	switch m.Status {
	case statusCreator:
		fields["is_anonymous"] = false
	case statusAdministrator:
		fields["is_anonymous"] = false
		for _, right := range adminRights() {
			fields[right] = true
		}
		fields["can_be_edited"] = false
	case statusRestricted:
		fields["is_member"] = true
		fields["until_date"] = 0
		fields["can_send_messages"] = false
	case statusKicked:
		fields["until_date"] = 0
	}
	return marshal(fields)
}

// adminRights are the rights every administrator has here.
func adminRights() []string {
	return []string{
		"can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
		"can_promote_members", "can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics",
		"can_post_stories", "can_edit_stories", "can_delete_stories",
	}
}

// MemberChange is the body of my_chat_member and chat_member.
type MemberChange struct {
	Chat Chat       `json:"chat"`
	From User       `json:"from"`
	Date int64      `json:"date"`
	Old  ChatMember `json:"old_chat_member"`
	New  ChatMember `json:"new_chat_member"`
}

// CallbackQuery is a tap on a button.
type CallbackQuery struct {
	ID       string   `json:"id"`
	From     User     `json:"from"`
	Message  *Message `json:"message,omitempty"`
	Instance string   `json:"chat_instance"`
	Data     string   `json:"data"`
}

// PreCheckoutQuery asks the bot whether a payment may go on.
type PreCheckoutQuery struct {
	ID          string `json:"id"`
	From        User   `json:"from"`
	Currency    string `json:"currency"`
	TotalAmount int64  `json:"total_amount"`
	Payload     string `json:"invoice_payload"`
}

// Command is one line of a command menu.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}
