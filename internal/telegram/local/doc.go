// Package local is a local Telegram: one HTTP server that speaks the Bot API to bots, the
// /sim API to tests, and serves a chat page to people. It stands in for Telegram, so it is as
// strict and answers in the same words; where it has to differ it warns in the API log. It
// binds loopback addresses only and registers only tokens that IsLocalToken recognises.
//
// What lives here: chats, people and updates of the stand-in. What may not: anything of the
// product; this package imports none of its rooms and shares no code with its Telegram client.
//
// # Bot API
//
// /bot<token>/<method>, form, JSON or multipart: getMe getUpdates setWebhook deleteWebhook
// getWebhookInfo sendMessage editMessageText editMessageReplyMarkup deleteMessage
// pinChatMessage unpinChatMessage answerCallbackQuery sendDice sendChatAction getChat
// getChatMember getChatAdministrators getChatMemberCount leaveChat setMyCommands
// getMyCommands deleteMyCommands sendInvoice answerPreCheckoutQuery refundStarPayment.
//
// # The /sim API
//
// JSON in and out. People and bots are named by id. A chat is named as a person sees it: a
// group by its negative id, the private chat with a bot by the bot's id. A refusal is
// {"error":{"code","field","message"}}; the codes are sim.invalid (400), sim.not_found (404),
// sim.timeout (408) and sim.refused (409).
//
//	GET    /sim/state                              boot id, limits, bots, people, groups
//	POST   /sim/bots         NewBot            ->  BotInfo with the token
//	POST   /sim/users        NewUser           ->  User
//	POST   /sim/chats        NewChat           ->  ChatInfo
//	POST   /sim/topics       NewTopic          ->  TopicInfo
//	POST   /sim/members      MemberInput       ->  MemberInfo   (people and bots; promote, kick)
//	POST   /sim/join         {chat,user}       ->  MemberInfo
//	POST   /sim/leave        {chat,user}       ->  MemberInfo
//	POST   /sim/block        BlockInput        ->  ChatInfo
//	POST   /sim/migrate      MigrateInput      ->  ChatInfo of the supergroup
//	POST   /sim/send         SendInput         ->  Message
//	POST   /sim/tap          TapInput          ->  TapResult    (waits for the bot's answer)
//	POST   /sim/forge        ForgeInput        ->  TapResult
//	POST   /sim/crowd        CrowdInput        ->  CrowdResult
//	POST   /sim/crowd/users  CrowdUsersInput   ->  [User]
//	POST   /sim/wait         WaitInput         ->  Message
//	POST   /sim/pay          PayInput          ->  PayResult
//	POST   /sim/initdata     InitDataInput     ->  InitData
//	POST   /sim/limits       LimitsInput
//	POST   /sim/dice         DiceInput
//	GET    /sim/chats?user=                        [ChatInfo] of one person
//	GET    /sim/messages?chat=&user=&after=&limit= [Message]
//	GET    /sim/commands?user=&chat=               [Command]
//	GET    /sim/log?after=&limit=&method=&warnings=1   [CallEntry]
//	DELETE /sim/log
//	GET    /sim/events                             server-sent events
//
// Making a bot, a person or a group that exists already changes it and is no error.
package local
