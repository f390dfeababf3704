package sandbox

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Identity sandbox</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 28rem; margin: 2rem auto; padding: 0 1rem }
button { font: inherit; display: block; width: 100%; margin: .5rem 0; padding: .75rem }
label { display: block; margin-top: 1rem }
input, select { font: inherit }
.done { color: #060 } .problem { color: #900 }
</style>
</head>
<body>
<h1>Identity sandbox</h1>
<p>Nothing is checked here. Choose what the provider says of <code>{{.Player}}</code>.</p>
{{with .Done}}<p class="done" role="status">Sent: {{.}}. You can close this page.</p>{{end}}
{{with .Problem}}<p class="problem" role="alert">Not delivered: {{.}}</p>{{end}}
<form method="post">
<label>Level <select name="level"><option>1</option><option>2</option><option>3</option></select></label>
<button name="verdict" value="approve">Approve</button>
<button name="verdict" value="reject">Reject</button>
<button name="verdict" value="under_age">Approve as 15 years old</button>
<label>Country <input name="country" value="{{.Elsewhere}}" maxlength="3" size="3"></label>
<button name="verdict" value="other_country">Approve from that country</button>
<button name="verdict" value="pending">Still checking</button>
</form>
</body>
</html>
`
