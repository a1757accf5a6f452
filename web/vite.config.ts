// Builds the web interface: index.html and assets/NAME-HASH.ext, nothing else. STAGEPOST_WEB_OUT
// or --outDir says where to; without them ../build/web. Nothing is inlined: the server's content
// security policy allows neither inline scripts nor inline styles.
import { type ProxyOptions, defineConfig, loadEnv } from "vite";

export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, ".", "STAGEPOST_");
  // `npm run dev` shows the sources against a server that runs. The API refuses other sites, so the
  // proxy speaks with the server's own name.
  const server = env.STAGEPOST_API ?? "http://127.0.0.1:8026";
  const proxy: ProxyOptions = { target: server, changeOrigin: true, headers: { origin: server } };
  return {
    base: "/admin/",
    publicDir: false,
    build: {
      outDir: env.STAGEPOST_WEB_OUT ?? "../build/web",
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: ["es2022", "chrome123", "firefox120", "safari17.5"],
      reportCompressedSize: false,
    },
    esbuild: { jsx: "automatic", jsxImportSource: "preact" },
    server: { proxy: { "/api": proxy } },
  };
});
