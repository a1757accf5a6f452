// Log-in, and who is logged in.
const app = document.querySelector<HTMLElement>("#app")!;

async function ask(method: string, body?: object, csrf = ""): Promise<[number, any]> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (csrf) headers["X-CSRF-Token"] = csrf;
  const answer = await fetch("/api/v1/session", {
    method, headers, body: body ? JSON.stringify(body) : undefined });
  return [answer.status, await answer.json()];
}

function showLogin(words = ""): void {
  app.innerHTML = `<h1>Stagepost</h1><form>
    <label>Address <input name="address" type="email" autocomplete="username" required></label>
    <label>Password <input name="password" type="password" autocomplete="current-password" required>
    </label>
    <label>Code, when you have a second factor
      <input name="code" autocomplete="one-time-code"></label>
    <button>Log in</button> <output role="alert"></output></form>`;
  app.querySelector("output")!.textContent = words;
  app.querySelector("form")!.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [status, told] = await ask(
      "POST", Object.fromEntries(new FormData(event.target as HTMLFormElement)));
    if (status === 200) showPerson(told);
    else app.querySelector("output")!.textContent = told.error;
  });
}

function showPerson(told: { address: string; csrf: string; expires: string }): void {
  app.innerHTML = `<h1>Stagepost</h1><p></p><button>Log out</button>`;
  app.querySelector("p")!.textContent = `${told.address}, until ${told.expires}`;
  app.querySelector("button")!.addEventListener("click", async () => {
    await ask("DELETE", undefined, told.csrf);
    showLogin();
  });
}

void ask("GET").then(([status, told]) => (status === 200 ? showPerson(told) : showLogin()));
