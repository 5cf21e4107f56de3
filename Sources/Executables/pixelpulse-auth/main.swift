import Auth
import ServiceKit
import Sessions

let program = ServiceProgram(
    "pixelpulse-auth", "Accounts and sessions of PixelPulse, as a service", listen: "127.0.0.1:9001",
    options: [SessionOwner.option])

program.run { commandLine in
    ServedApp(try AuthService(AuthConfiguration(try ServiceSettings(commandLine))).app)
}
