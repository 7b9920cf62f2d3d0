// The host of the three training stages. Its verbs (adapt, task, align, …) come with them; until then it says so and fails,
// so that no script takes silence for success.
await Console.Error.WriteLineAsync("The training host has no commands yet; see the README for what it will do.");
return 2;
