import eslint from '@eslint/js'
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'data/', 'demo-data/', 'scripts/', '*.cjs', 'eslint.config.js'] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    // What browsers run as it is, typed by JSDoc: the compiler checks names and types (web/tsconfig.json).
    files: ['web/**/*.js', 'simulator/stand-in/web/**/*.js'],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    files: ['web/**/*.js', 'simulator/stand-in/web/**/*.js'],
    rules: { 'no-undef': 'off', '@typescript-eslint/explicit-function-return-type': 'off' },
  },
  {
    // Configuration is one typed object, checked once: only readConfig may look at the environment.
    files: ['src/**/*.ts'],
    ignores: ['src/config/**', 'src/main.ts', 'src/token.ts', 'src/fsck.ts', 'src/**/*.test.ts'],
    rules: { 'no-restricted-properties': ['error', { object: 'process', property: 'env' }] },
  },
  {
    // An answer without a limit ends the process: what is fetched comes through src/outbound.
    files: ['src/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', 'fetch'] },
  },
)
