import type { FlowsConfig } from './config.ts'

/**
 * Files of core nodes that are not loaded: they run code or programs, read and write files, or open connections that
 * nobody reviewed. What goes out goes through `kordon-webhook` (bounded, retried, deduplicated) or through MQTT.
 */
export const EXCLUDED_NODES = [
  '10-function.js',
  '90-exec.js',
  '10-file.js',
  '23-watch.js',
  '21-httpin.js',
  '21-httprequest.js',
  '06-httpproxy.js',
  '22-websocket.js',
  '31-tcpin.js',
  '32-udp.js',
] as const

/** Pure. Settings of Node-RED: no editor and no admin interface by default, nothing installs anything. */
export const flowSettings = (
  config: FlowsConfig,
  userDir: string,
  nodesDir: string,
  storageModule: object,
  secret: string,
) => ({
  userDir,
  nodesDir: [nodesDir],
  nodesExcludes: [...EXCLUDED_NODES],
  storageModule,
  // `false` removes editor and admin interface; `disableEditor` alone would leave the interface.
  httpAdminRoot: config.editor === undefined ? (false as const) : '/',
  httpNodeRoot: false as const,
  httpStatic: undefined,
  // Nothing is encrypted with it: credentials come from the environment and are never stored.
  credentialSecret: secret,
  functionExternalModules: false,
  functionTimeout: 5,
  externalModules: {
    autoInstall: false,
    palette: { allowInstall: false, allowUpload: false, allowUpdate: false },
    modules: { allowInstall: false },
  },
  editorTheme: { projects: { enabled: false }, tours: false },
  telemetry: { enabled: false, updateNotification: false },
  diagnostics: { enabled: false, ui: false },
  runtimeState: { enabled: false, ui: false },
  logging: { console: { level: 'warn', metrics: false, audit: false } },
  ...(config.editor === undefined
    ? {}
    : {
        adminAuth: {
          type: 'credentials',
          users: [{ username: 'technician', password: config.editor.passwordHash, permissions: '*' }],
        },
      }),
})
