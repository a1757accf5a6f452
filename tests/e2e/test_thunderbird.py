"""Thunderbird, with nothing but an address and a password: finds its settings, sends, reads.

The screenshot is kept in build/thunderbird.png, for people to look at.
"""

import pytest
from mail import message
from peers.dns import DnsServer
from peers.dovecot import Dovecot
from peers.netns import Netns, wait_until
from peers.pki import Authority
from peers.thunderbird import Thunderbird
from stagepost import ROOT
from talk import Talk

pytestmark = pytest.mark.long
OURS, NAMES, STRANGER = "10.0.0.2", "10.0.0.53", "10.0.0.1"
ZONE = """\
example.test. A 10.0.0.2
example.test. MX 10 mail.example.test.
mail.example.test. A 10.0.0.2
autoconfig.example.test. A 10.0.0.2
"""
PASSWORD = "a long enough 1"

# The steps of its account window, by the modules that the window itself calls.
FIND = """
const {FindConfig} = ChromeUtils.importESModule(
  "resource:///modules/accountcreation/FindConfig.sys.mjs");
const {AccountConfig} = ChromeUtils.importESModule(
  "resource:///modules/accountcreation/AccountConfig.sys.mjs");
const [address, password] = given;
const search = FindConfig.parallelAutoDiscovery(
  address.split("@")[1], address, new AbortController().signal, password);
let step = await search.next();
while (!step.done) step = await search.next();
if (!step.value) throw new Error("no settings were found");
AccountConfig.replaceVariables(step.value, "You", address, password);
globalThis.found = step.value;
const shown = part => [part.type, part.hostname, part.port, part.socketType, part.auth,
                       part.username];
return {source: found.source, incoming: shown(found.incoming), outgoing: shown(found.outgoing)};
"""
CREATE = """
const {ConfigVerifier} = ChromeUtils.importESModule(
  "resource:///modules/accountcreation/ConfigVerifier.sys.mjs");
const {CreateInBackend} = ChromeUtils.importESModule(
  "resource:///modules/accountcreation/CreateInBackend.sys.mjs");
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const win = Services.wm.getMostRecentWindow("mail:3pane");
await new ConfigVerifier(win.msgWindow, new AbortController().signal)
  .verifyConfig(found, false);
found.rememberPassword = true;
globalThis.account = await CreateInBackend.createAccountInBackend(found);
return account.key;
"""
SEND = """
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const [to, subject, text] = given;
const identity = account.defaultIdentity;
identity.doFcc = false;
identity.composeHtml = false;
const fields = Cc["@mozilla.org/messengercompose/composefields;1"]
  .createInstance(Ci.nsIMsgCompFields);
fields.from = `You <${identity.email}>`;
fields.to = to;
fields.subject = subject;
await new Promise((resolve, reject) => {
  const listener = {
    onStartSending() {}, onSendProgress() {}, onStatus() {}, onGetDraftFolderURI() {},
    onTransportSecurityError() {},
    onStopSending(id, status) {
      Components.isSuccessCode(status) ? resolve() : reject(new Error(`status ${status}`));
    },
    onSendNotPerformed() { reject(new Error("not sent")); },
    QueryInterface: ChromeUtils.generateQI(["nsIMsgSendListener"]),
  };
  Cc["@mozilla.org/messengercompose/send;1"].createInstance(Ci.nsIMsgSend)
    .createAndSendMessage(null, identity, account.key, fields, false, false,
      Ci.nsIMsgSend.nsMsgDeliverNow, null, "text/plain", text, null, null, listener, "", "",
      Ci.nsIMsgCompType.New);
});
"""
READ = """
const win = Services.wm.getMostRecentWindow("mail:3pane");
const inbox = account.incomingServer.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
if (!inbox) {
  account.incomingServer.performExpand(null);
  return null;
}
inbox.QueryInterface(Ci.nsIMsgImapMailFolder);
await new Promise(resolve => inbox.updateFolderWithListener(null, {
  OnStartRunningUrl() {}, OnStopRunningUrl() { resolve(); },
  onStartRunningUrl() {}, onStopRunningUrl() { resolve(); },
  QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
}));
const messages = [...inbox.messages];
if (!messages.length) return null;
const pane = win.document.getElementById("tabmail").currentAbout3Pane;
pane.displayFolder(inbox.URI);
await new Promise(resolve => win.setTimeout(resolve, 1500));
pane.threadTree.selectedIndex = 0;
await new Promise(resolve => win.setTimeout(resolve, 3000));
const browser = pane.messageBrowser.contentWindow.getMessagePaneBrowser();
return {subjects: messages.map(message => message.mime2DecodedSubject).sort(),
        text: browser.contentDocument?.body?.innerText};
"""


def test_thunderbird(folder, new_server):
    with Netns(OURS, NAMES, STRANGER, dns=NAMES) as net:
        DnsServer(net, NAMES, folder / "dns").start(ZONE)
        authority = Authority(folder / "pki")
        made = authority.sign("mail.example.test", "autoconfig.example.test", "example.test")
        server = new_server(net=net, address=OURS)
        server.set("", hostname="mail.example.test")
        server.set("tls", certificate=str(made.certificate), key=str(made.key))
        server.set("http", addresses=[f"{OURS}:80"])
        server.add_user("reader@example.test", PASSWORD)
        dovecot = Dovecot(net, OURS, server, folder / "dovecot").configure().start()
        server.start()
        program = Thunderbird(net, folder / "thunderbird").start()
        try:
            program.trust(authority.certificate)
            found = program.script(FIND, "reader@example.test", PASSWORD)
            assert found["incoming"][:3] == ["imap", "mail.example.test", 993], found
            assert found["outgoing"][:2] == ["smtp", "mail.example.test"], found
            assert found["outgoing"][2] in (465, 587), found
            program.script(CREATE)
            program.script(SEND, "reader@example.test", "from Thunderbird", "It goes out.\n")
            net.inside(lambda: Talk(OURS, 25, "", STRANGER)).mail(
                "friend@example.net", ["reader@example.test"], message("to Thunderbird"))
            read = wait_until("both in Thunderbird's window", lambda: (
                got := program.script(READ)) and got["text"] and len(got["subjects"]) == 2 and got)
            assert read["subjects"] == ["from Thunderbird", "to Thunderbird"]
            assert read["text"].strip() in ("It goes out.", "hello")
            program.screenshot(ROOT / "build/thunderbird.png")
        finally:
            program.stop()
            dovecot.stop()
            server.finish()
